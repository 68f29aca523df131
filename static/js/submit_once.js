/* A form that is posted shows it on its button at once, and a second click does nothing.
 *
 * The button stays enabled, so that its name and value are sent. Coming back with the browser's
 * back button (bfcache) frees the form. A form with data-again frees itself after a moment: its
 * answer is a download, which leaves the page standing.
 */

const AGAIN_AFTER = 2000; // ms; for downloads
const FREE_AFTER = 30000; // ms; the connection was lost, or the user pressed stop

function free(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll(".is-busy")) {
    button.classList.remove("is-busy");
    button.removeAttribute("aria-disabled");
  }
}

function hold(form, button) {
  form.dataset.sent = "";
  if (button) {
    button.classList.add("is-busy");
    button.setAttribute("aria-disabled", "true");
  }
  setTimeout(free, "again" in form.dataset ? AGAIN_AFTER : FREE_AFTER, form);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  // htmx sends its forms itself and has its own guard (hx-sync, hx-disabled-elt).
  if (event.defaultPrevented || form.method !== "post") return;
  if ("sent" in form.dataset) event.preventDefault();
  else hold(form, event.submitter);
});

window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(free);
});
