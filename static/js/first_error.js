/* Focus goes where the work goes on: the first field with an error, else what data-focus marks
 * (a new row, a count of results). Without either, `autofocus` in the page does its work.
 */

const wrong = document.querySelector('[aria-invalid="true"], .is-invalid');
const place = wrong ?? document.querySelector("[data-focus]");

if (place) {
  // A group of radio buttons can't take the focus itself; its chosen or first button can.
  const target = place.matches('[role="radiogroup"], fieldset')
    ? (place.querySelector("input:checked") ?? place.querySelector("input"))
    : place;
  if (target.tabIndex < 0 && !target.hasAttribute("tabindex")) target.tabIndex = -1;
  target.focus();
}
