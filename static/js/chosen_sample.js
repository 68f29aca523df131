/* Of the samples of all profiles only the chosen one's is shown; without this script all of them are there.
 *
 * data-sample-of surrounds the select; data-sample holds the value of the choice that the sample is of. What
 * searching swaps in is treated as what the page came with.
 */

function show(form) {
  const select = form.querySelector("[data-sample-of] select");
  for (const sample of form.querySelectorAll("[data-sample]")) sample.hidden = sample.dataset.sample !== select.value;
}

const showAll = () => document.querySelectorAll("form:has([data-sample-of])").forEach(show);

document.addEventListener("change", (event) => {
  if (event.target.closest("[data-sample-of]")) show(event.target.form);
});
document.addEventListener("htmx:afterSwap", showAll);
showAll();
