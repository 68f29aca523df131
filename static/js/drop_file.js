/* A file that is dropped anywhere in data-drop becomes the choice of the file field in it.
 * Without this script the field itself takes it, as browsers do.
 */

const place = document.querySelector("[data-drop]");
const field = place?.querySelector('input[type="file"]');

if (field) {
  const mark = (on) => place.classList.toggle("drop-here", on);
  place.addEventListener("dragover", (event) => {
    event.preventDefault();
    mark(true);
  });
  place.addEventListener("dragleave", (event) => {
    if (!place.contains(event.relatedTarget)) mark(false);
  });
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(false);
    if (event.dataTransfer.files.length > 0) field.files = event.dataTransfer.files;
    field.focus();
  });
}
