/* From row to row by keyboard: in a list with data-row-keys the arrow keys, j and k move the focus along its links
 * marked data-row, Home and End to the first and last; Enter opens as any link does. '/' goes to the field marked
 * data-search-key, and the arrow down from there to the first row. Letters do so only while a row has the focus, so
 * that speech and screen readers keep theirs; a field that is typed in keeps '/', too.
 */

const STEPS = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };
const TYPED_IN = "input, select, textarea, [contenteditable]";

function rowFrom(links, here, key) {
  if (key === "Home") return links[0];
  if (key === "End") return links.at(-1);
  const place = links.indexOf(here) + STEPS[key];
  return links[Math.max(0, Math.min(place, links.length - 1))];
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const here = event.target;
  if (event.key === "/" && !here.closest(TYPED_IN)) {
    const field = document.querySelector("[data-search-key]");
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
    return;
  }
  if (event.key === "ArrowDown" && here.matches("[data-search-key]")) {
    document.querySelector("[data-row-keys] [data-row]")?.focus();
    return;
  }
  const list = here.matches("[data-row]") && here.closest("[data-row-keys]");
  if (!list || !(event.key in STEPS || event.key === "Home" || event.key === "End")) return;
  event.preventDefault();
  rowFrom([...list.querySelectorAll("[data-row]")], here, event.key)?.focus();
});
