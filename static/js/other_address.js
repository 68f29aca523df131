/* 'Afronden': typing another address chooses it; choosing an exam office takes the typed one away,
 * and gives it back when 'Een ander adres' is chosen again. Without this the server asks.
 */

const field = document.querySelector("[data-other-address]");
const radios = field ? [...field.form.querySelectorAll('input[type="radio"]')] : [];
const other = radios.find((radio) => radio.value === field.dataset.otherAddress);

if (other) {
  let typed = "";
  field.addEventListener("input", () => {
    if (field.value) other.checked = true;
  });
  for (const radio of radios) {
    radio.addEventListener("change", () => {
      if (radio === other) {
        field.value ||= typed;
        field.focus();
      } else {
        typed = field.value || typed;
        field.value = "";
      }
    });
  }
}
