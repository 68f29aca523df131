/* Who typed something and goes elsewhere is asked whether to lose it; sending the form asks nothing.
 *
 * data-ask-to-leave: a form that is saved by hand alone. Enter in a line of text doesn't send it: it would save and
 * close all of it where one answer was meant.
 */

for (const form of document.querySelectorAll("form[data-ask-to-leave]")) {
  // What was sent and came back with a mistake in it is not kept either.
  let changed = form.querySelector("[data-open]") !== null;
  form.addEventListener("input", () => {
    changed = true;
  });
  form.addEventListener("submit", () => {
    changed = false;
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches('input[type="text"], input[type="radio"]')) event.preventDefault();
  });
  addEventListener("beforeunload", (event) => {
    if (changed) event.preventDefault();
  });
}
