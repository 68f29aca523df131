/* 'Iedereen', 'Alle studenten': one tick for all checkboxes of a name in the form, which htmx may swap in. The template
 * hides it, for who has no script.
 */

const boxesOf = (row) => [
  ...row.closest("form").querySelectorAll(`input[type=checkbox][name="${row.dataset.tickAll}"]`),
];

const follow = () => {
  for (const row of document.querySelectorAll("[data-tick-all]")) {
    const all = row.querySelector("input");
    const boxes = boxesOf(row);
    const ticked = boxes.filter((box) => box.checked).length;
    all.checked = ticked > 0 && ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
    row.hidden = false;
  }
};

document.addEventListener(
  "change",
  (event) => {
    const row = event.target.closest("[data-tick-all]");
    if (row) for (const box of boxesOf(row)) box.checked = event.target.checked;
    follow();
  },
  true, // before what counts the ticked ones
);
document.addEventListener("htmx:afterSettle", follow);
window.addEventListener("pageshow", follow);
follow();
