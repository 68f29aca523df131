/* 'Afronden': 'Een ander adres' opens its field (committee.css) and leads to it; choosing an exam office takes away
 * what was typed, and 'Een ander adres' gives it back. Without this the server asks which of the two is meant.
 */

const field = document.querySelector("[data-other-address]");
const radios = field ? [...field.form.querySelectorAll('input[type="radio"]')] : [];
const other = radios.find((radio) => radio.value === field.dataset.otherAddress);

if (other) {
  let typed = "";
  const takeAway = () => {
    typed = field.value || typed;
    field.value = "";
  };
  if (!other.checked) takeAway();
  for (const radio of radios) {
    radio.addEventListener("change", () => {
      if (radio === other) {
        field.value ||= typed;
        field.focus();
      } else {
        takeAway();
      }
    });
  }
}
