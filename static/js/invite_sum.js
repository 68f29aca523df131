/* 'Bericht': the bar at the bottom ([data-invite-sum]) counts what the ticked examiners and 'Aantal mails' will send.
 * A tick has the ids of the examiner's students (data-students); `plan_mails` counts the same on the server.
 */

const sum = document.querySelector("[data-invite-sum]");
const { form } = document.querySelector("input[name=examinator]");

const update = () => {
  const ticked = [...form.querySelectorAll("input[name=examinator]:checked")];
  const students = ticked.flatMap((box) => box.dataset.students.trim().split(" "));
  const mails = form.querySelector("input[name=mails][value=elk]:checked") ? students.length : ticked.length;
  [new Set(students).size, ticked.length, mails].forEach((count, place) => {
    const words = sum.children[place];
    words.textContent = `${count} ${count === 1 ? words.dataset.one : words.dataset.many}`;
  });
};

form.addEventListener("change", update);
window.addEventListener("pageshow", update);
