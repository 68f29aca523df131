/* Who typed something and goes elsewhere is asked whether to lose it; sending the form asks nothing.
 *
 * data-ask-to-leave: a form that is saved by hand alone; htmx may swap it in. Enter in a line of text doesn't send it:
 * it would save and close all of it where one answer was meant.
 */

const FORM = "form[data-ask-to-leave]";

// What was sent and came back with a mistake in it is not kept either.
let changed = document.querySelector(`${FORM} [data-open]`) !== null;

document.addEventListener("input", (event) => {
  if (event.target.closest(FORM)) changed = true;
});
document.addEventListener("submit", (event) => {
  if (event.target.matches(FORM)) changed = false;
});
document.addEventListener("keydown", (event) => {
  const isLine = event.target.matches(`${FORM} :is(input[type="text"], input[type="radio"])`);
  if (event.key === "Enter" && isLine) event.preventDefault();
});
addEventListener("beforeunload", (event) => {
  if (changed) event.preventDefault();
});
