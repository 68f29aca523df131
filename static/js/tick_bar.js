/* A form with data-tick-bar="name": its bar at the bottom (.bottom-bar) is shown once a checkbox of that name is ticked,
 * and [data-tick-count] in it counts them. The boxes may be anywhere, with form="…", and htmx may swap the form in.
 * Without this script the bar is always there.
 */

const update = () => {
  for (const form of document.querySelectorAll("form[data-tick-bar]")) {
    const ticked = [...form.elements].filter((box) => box.name === form.dataset.tickBar && box.checked).length;
    const bar = form.querySelector(".bottom-bar");
    bar.querySelector("[data-tick-count]").textContent = ticked;
    bar.hidden = ticked === 0;
  }
};

document.addEventListener("change", update);
document.addEventListener("htmx:afterSettle", update);
window.addEventListener("pageshow", update);
update();
