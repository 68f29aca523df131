// '…' of a row (templates/parts/row_menu.html): one is open at a time; Escape, or a click elsewhere, closes it.

const close = (except) => {
  for (const menu of document.querySelectorAll("details.row-menu[open]")) if (menu !== except) menu.open = false;
};

document.addEventListener("click", (event) => close(event.target.closest("details.row-menu")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = event.target.closest("details.row-menu[open]");
  close(null);
  menu?.querySelector("summary").focus();
});
