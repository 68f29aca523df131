/* O, V and G on the keyboard score the criterion that has the focus; arrow keys do it by themselves. Backspace, Delete
 * and a second click on the chosen score take it away, where the criterion has a button for that ('wissen').
 */

const CLEAR = ["Backspace", "Delete"];
const radioOf = (group, value) => group?.querySelector(`input[value="${CSS.escape(value)}"]`);

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const value = CLEAR.includes(event.key) ? "" : event.key.toUpperCase();
  const radio = radioOf(event.target.closest?.(".ovg"), value);
  if (!radio || radio.disabled) return;
  event.preventDefault();
  radio.focus();
  radio.click();
});

let pressed = null; // the chosen score under the pointer

document.addEventListener("pointerdown", (event) => {
  pressed = event.target.matches(".ovg input:checked") ? event.target : null;
});

document.addEventListener("click", (event) => {
  // A double click chooses; a click by keyboard or screen reader has no `detail`.
  if (event.detail === 1 && event.target === pressed) radioOf(pressed.closest(".ovg"), "")?.click();
});
