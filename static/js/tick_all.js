// 'Iedereen', 'Alle studenten': one tick for all checkboxes of a name in the form. The template hides it, for who has no script.

for (const row of document.querySelectorAll("[data-tick-all]")) {
  const all = row.querySelector("input");
  const boxes = [...row.closest("form").querySelectorAll(`input[type=checkbox][name="${row.dataset.tickAll}"]`)];

  const follow = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    all.checked = ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  };

  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
  });
  for (const box of boxes) box.addEventListener("change", follow);
  window.addEventListener("pageshow", follow);
  follow();
  row.hidden = false;
}
