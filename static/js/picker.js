// The address book as a picker: who is ticked moves up to 'Gekozen', and back down when the tick goes.
// Without this script the page does the same when one searches or takes the choice over.

const form = document.querySelector("[data-picker]");

if (form) {
  const chosen = form.querySelector("[data-picker-chosen]");
  const others = form.querySelector("[data-picker-others]");
  const nobody = form.querySelector("[data-picker-nobody]");

  form.addEventListener("change", (event) => {
    const box = event.target.closest("input[name=examinator]");
    if (!box) return;
    const list = box.checked ? chosen : others;
    const row = box.closest("li");
    if (box.checked) list.append(row);
    else list.prepend(row);
    nobody.hidden = chosen.children.length > 0;
    box.focus({ preventScroll: true });
  });
}
