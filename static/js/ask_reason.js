/* The reason of a change is asked for as soon as something is changed; without this script it is always there.
 *
 * data-ask-reason surrounds a field and its data-reason; data-open is one that has to be seen from the start. htmx may
 * swap them in.
 */

const isChanged = (field) =>
  field.type === "radio" || field.type === "checkbox"
    ? field.checked !== field.defaultChecked
    : field.tagName === "SELECT"
      ? [...field.options].some((option) => option.selected !== option.defaultSelected)
      : field.value !== field.defaultValue;

function start() {
  for (const place of document.querySelectorAll("[data-ask-reason]:not([data-asks])")) {
    place.dataset.asks = "";
    const reason = place.querySelector("[data-reason]");
    // What was typed before this script ran, or put back by the browser, has been changed as well.
    reason.hidden = ![...place.querySelectorAll("textarea, input, select")].some(isChanged) && !("open" in reason.dataset);
  }
}

const ask = (event) => {
  const place = event.target.closest("[data-ask-reason]");
  if (place && !event.target.closest("[data-reason]")) place.querySelector("[data-reason]").hidden = false;
};

document.addEventListener("input", ask);
document.addEventListener("change", ask);
document.addEventListener("htmx:afterSwap", start);
start();
