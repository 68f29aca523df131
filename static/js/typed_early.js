/* What someone types before the page is ready still gets its answer: the search field can be typed in as soon as it is
 * drawn, but htmx starts to listen only when all scripts are there, and on a slow line that is seconds later.
 * Stands after htmx in the page; `data-typed-early` marks what asks the server, with "typed-early" in its hx-trigger.
 */

const changed = (field) => field.value !== field.defaultValue && ["search", "textarea"].includes(field.type);

document.addEventListener("DOMContentLoaded", () => {
  for (const asker of document.querySelectorAll("[data-typed-early]")) {
    const fields = asker instanceof HTMLFormElement ? [...asker.elements] : [asker];
    if (fields.some(changed)) asker.dispatchEvent(new Event("typed-early"));
  }
});
