// The address book as a picker, on a page or in the panel: who is ticked is named at 'Gekozen', and the row stays where it is.
// Without this script the page does the same when one searches.

document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-picker]");
  if (!form || event.target.name !== "examinator") return;
  const ticked = [...form.querySelectorAll("input[name=examinator]:checked")];
  form.querySelector("[data-picker-count]").textContent = ticked.length;
  form.querySelector("[data-picker-names]").textContent = ticked.map((box) => box.dataset.name).join(", ") || "nog niemand";
});
