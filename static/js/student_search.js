// The field for a search or a pasted list: Enter adds, as in a field of one line, until there are more lines.

for (const field of document.querySelectorAll("[data-enter-adds]")) {
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || field.value.includes("\n")) return;
    event.preventDefault();
    field.form.querySelector("[data-enter]").click();
  });
}
