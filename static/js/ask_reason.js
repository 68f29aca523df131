/* The reason of a change is asked for as soon as something is changed; without this script it is always there.
 *
 * data-ask-reason surrounds a field and its data-reason; data-open is one that has to be seen from the start.
 */

for (const place of document.querySelectorAll("[data-ask-reason]")) {
  const reason = place.querySelector("[data-reason]");
  const ask = (event) => {
    if (!reason.contains(event.target)) reason.hidden = false;
  };
  // What was typed before this script ran, or put back by the browser, has been changed as well.
  const changed = [...place.querySelectorAll("textarea, input, select")].some((field) =>
    field.type === "radio" || field.type === "checkbox"
      ? field.checked !== field.defaultChecked
      : field.tagName === "SELECT"
        ? [...field.options].some((option) => option.selected !== option.defaultSelected)
        : field.value !== field.defaultValue,
  );
  reason.hidden = !changed && !("open" in reason.dataset);
  place.addEventListener("input", ask);
  place.addEventListener("change", ask);
}
