/* The form's language is chosen by a button at its end, which saves what was typed; the header's link presses it. */

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-presses]");
  const button = link && document.querySelector(link.getAttribute("href"));
  if (!button) return;
  event.preventDefault();
  button.click();
});
