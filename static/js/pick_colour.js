// A colour picker beside a field for a colour code (data-colour); without it one types the code.

for (const field of document.querySelectorAll("[data-colour]")) {
  const picker = document.createElement("input");
  const known = () => /^#[0-9a-f]{6}$/i.test(field.value.trim());
  const ours = getComputedStyle(document.documentElement).getPropertyValue("--purple").trim();
  const show = () => {
    picker.value = known() ? field.value.trim().toLowerCase() : ours;
  };
  picker.type = "color";
  picker.className = "form-control form-control-color";
  picker.setAttribute("aria-label", "Kies een kleur");
  picker.addEventListener("input", () => {
    field.value = picker.value;
  });
  field.addEventListener("input", show);
  show();
  const beside = document.createElement("div");
  // The error under the field is shown after something that is invalid beside it.
  beside.className = `d-flex gap-2 ${field.classList.contains("is-invalid") ? "is-invalid" : ""}`;
  field.before(beside);
  beside.append(picker, field);
}
