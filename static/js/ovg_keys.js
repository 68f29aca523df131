/* O, V and G on the keyboard score the criterion that has the focus and go on to the next; arrow keys score by
 * themselves. Backspace, Delete and a second click on the chosen score take it away, where the criterion has a button
 * for that ('wissen').
 */

const CLEAR = ["Backspace", "Delete"];
const HINT_READ = "ovg-toetsen";
const radioOf = (group, value) => group?.querySelector(`input[value="${CSS.escape(value)}"]`);

const hint = document.querySelector("[data-keys-hint]");

const isHintRead = () => {
  try {
    return localStorage.getItem(HINT_READ) !== null;
  } catch {
    return false; // no storage here
  }
};

const readHint = () => {
  try {
    localStorage.setItem(HINT_READ, "1");
  } catch {
    // The hint is shown again next time.
  }
};

if (hint) hint.hidden = isHintRead();

const goOn = (group) => {
  const groups = [...(group.closest("form")?.querySelectorAll(".ovg-cells") ?? [])];
  const next = groups[groups.indexOf(group) + 1];
  (next?.querySelector("input:checked") ?? next?.querySelector("input"))?.focus();
  next?.closest(".criterion").scrollIntoView({ block: "nearest" });
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const value = CLEAR.includes(event.key) ? "" : event.key.toUpperCase();
  const group = event.target.closest?.(".ovg");
  const radio = radioOf(group, value);
  if (!radio || radio.disabled) return;
  event.preventDefault();
  radio.focus();
  radio.click();
  if (value && group.matches(".ovg-cells")) goOn(group);
  readHint();
});

let pressed = null; // the chosen score under the pointer

document.addEventListener("pointerdown", (event) => {
  pressed = event.target.matches(".ovg input:checked") ? event.target : null;
});

document.addEventListener("click", (event) => {
  // A double click chooses; a click by keyboard or screen reader has no `detail`.
  if (event.detail === 1 && event.target === pressed) radioOf(pressed.closest(".ovg"), "")?.click();
});
