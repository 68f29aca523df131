/* A search field above a long list of checkboxes: show those whose label holds every word, and the ticked ones.
 * Without a script the whole list is shown.
 */

const plain = (text) =>
  text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase();

for (const field of document.querySelectorAll("[data-filter-ticks]")) {
  const list = document.getElementById(field.dataset.filterTicks);
  const rows = [...list.querySelectorAll(".form-check")];
  const none = list.querySelector("[data-filter-none]");
  const filter = () => {
    const words = plain(field.value).split(/\s+/).filter(Boolean);
    for (const row of rows) {
      const text = plain(row.textContent);
      row.hidden = !row.querySelector("input").checked && !words.every((word) => text.includes(word));
    }
    none.hidden = rows.some((row) => !row.hidden);
  };
  field.closest("[data-filter-field]").hidden = false;
  field.addEventListener("input", filter);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault(); // the form is not complete yet
  });
  window.addEventListener("pageshow", filter);
}
