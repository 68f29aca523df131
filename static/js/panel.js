/* The panel (templates/parts/panel.html): a link or form with hx-target="#panel-body" opens its answer over the page.
 * Without this script the link leads to a page of its own.
 */

const panel = document.getElementById("panel");
const body = document.getElementById("panel-body");

if (panel) {
  let opener = null;

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target === body && !panel.open) opener = event.detail.elt;
  });
  body.addEventListener("htmx:afterSwap", () => {
    if (!panel.open) panel.showModal();
  });
  panel.addEventListener("click", (event) => {
    if (event.target === panel || event.target.closest("[data-panel-close]")) {
      event.preventDefault();
      panel.close();
    }
  });
  panel.addEventListener("close", () => {
    body.replaceChildren();
    // The page may have been swapped meanwhile: the element with the same id takes the focus.
    (opener?.isConnected ? opener : document.getElementById(opener?.id))?.focus();
  });
  document.addEventListener("panel-close", () => panel.close()); // HX-Trigger-After-Swap of an answer
}
