/* O, V and G on the keyboard score the criterion that has the focus; arrow keys do it by themselves. */

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const group = event.target.closest?.(".ovg");
  const radio = group?.querySelector(`input[value="${CSS.escape(event.key.toUpperCase())}"]`);
  if (!radio || radio.disabled) return;
  event.preventDefault();
  radio.focus();
  radio.click();
});
