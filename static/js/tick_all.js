/* 'Alles kiezen': one tick for all checkboxes of a name in the form. The template hides it, for who has no script.
 * The boxes may be anywhere, with form="…".
 */

const rows = () => document.querySelectorAll("[data-tick-all]");
const input = (row) => row.querySelector("input");
const boxes = (row) =>
  [...input(row).form.elements].filter((box) => box.type === "checkbox" && box.name === row.dataset.tickAll);

const follow = (row) => {
  const ticked = boxes(row).filter((box) => box.checked).length;
  input(row).checked = ticked > 0 && ticked === boxes(row).length;
  input(row).indeterminate = ticked > 0 && !input(row).checked;
  row.hidden = boxes(row).length === 0;
};

document.addEventListener(
  "change",
  (event) => {
    for (const row of rows()) {
      if (event.target === input(row)) for (const box of boxes(row)) box.checked = input(row).checked;
      else follow(row);
    }
  },
  true, // before what counts the ticked ones
);
const followAll = () => rows().forEach(follow);
document.addEventListener("htmx:afterSettle", followAll);
window.addEventListener("pageshow", followAll);
followAll();
