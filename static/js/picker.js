// The address book as a picker, on a page or in the panel: who is ticked is named at 'Gekozen', and the row stays where it is.
// What leads away from the form and back to it (`terug`) takes the ticks along. Without this script the page does the same
// when one searches.

const takeAlong = (link, ticked) => {
  const url = new URL(link.href);
  const back = new URL(url.searchParams.get("terug"), url);
  back.searchParams.delete("examinator");
  for (const box of ticked) back.searchParams.append("examinator", box.value);
  url.searchParams.set("terug", back.pathname + back.search);
  link.href = url;
};

document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-picker]");
  if (!form || event.target.name !== "examinator") return;
  const ticked = [...form.querySelectorAll("input[name=examinator]:checked")];
  form.querySelector("[data-picker-count]").textContent = ticked.length;
  form.querySelector("[data-picker-names]").textContent = ticked.map((box) => box.dataset.name).join(", ") || "nog niemand";
  for (const link of form.querySelectorAll('a[href*="terug="]')) takeAlong(link, ticked);
});
