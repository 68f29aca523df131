/* What is still open, while one scores: the count, the list of links, the counts of the work processes, 'verplicht' at a
 * justification, and of the errors that the page was opened with those that still apply.
 * Without this script the page says it as it was when it was opened.
 */

const form = document.querySelector("form[data-criteria]");

if (form) {
  const counts = [...document.querySelectorAll("[data-open-count]")];
  const list = form.querySelector("[data-open-list]");
  const items = [...form.querySelectorAll("[data-open-for]")];

  const scored = (name) => form.elements[name].value !== "";
  const required = (part) => part.querySelector('input[value="O"]:checked, input[value="G"]:checked') !== null;

  const isOpen = (name) => {
    const field = form.elements[name];
    if (!(field instanceof HTMLTextAreaElement)) return !scored(name);
    return required(field.closest("[data-part]")) && field.value.trim() === "";
  };

  const errors = [...document.querySelectorAll('.error-summary a[href^="#"]')].flatMap((link) => {
    const field = document.getElementById(link.hash.slice(1));
    if (field?.form !== form) return [];
    const described = (field.closest(".ovg") ?? field).getAttribute("aria-describedby") ?? "";
    const tooLong = field instanceof HTMLTextAreaElement && !isOpen(field.name) ? field.value : null;
    return [{ line: link.closest("li"), field, name: field.name, described, tooLong }];
  });

  const showErrors = () => {
    for (const { line, field, name, described, tooLong } of errors) {
      const wrong = isOpen(name) || field.value === tooLong;
      line.hidden = !wrong;
      const marked = field.closest(".ovg") ?? field;
      marked.classList.toggle(marked === field ? "is-invalid" : "ovg-error", wrong);
      marked.toggleAttribute("aria-invalid", wrong);
      if (wrong) marked.setAttribute("aria-invalid", "true");
      marked.setAttribute("aria-describedby", wrong ? described : described.replace(` ${name}-error`, ""));
    }
    for (const summary of document.querySelectorAll(".error-summary")) {
      const lines = [...summary.querySelectorAll("li")];
      summary.hidden = errors.length > 0 && lines.every((line) => line.hidden);
    }
  };

  const rail = [...document.querySelectorAll(".rail a")].map((link) => {
    const process = document.getElementById(link.hash.slice(1));
    const completed = process.querySelectorAll(".completed-part .criterion").length;
    return { link, completed, names: [...process.querySelectorAll(".ovg")].map((group) => group.querySelector("input").name) };
  });

  const showRail = () => {
    for (const { link, completed, names } of rail) {
      const count = completed + names.filter(scored).length;
      link.querySelector("[data-scored]").textContent = count;
      link.classList.toggle("is-done", count === completed + names.length);
    }
  };

  const show = () => {
    showErrors();
    showRail();
    let open = 0;
    for (const item of items) {
      item.hidden = !isOpen(item.dataset.openFor);
      open += !item.hidden;
    }
    for (const count of counts) count.textContent = open;
    list.hidden = open === 0;
    form.querySelector("[data-nothing-open]").hidden = open > 0;
    for (const part of form.querySelectorAll("[data-part]")) {
      const must = required(part);
      part.querySelector("[data-required]").hidden = !must;
      part.querySelector("[data-optional]").hidden = must;
      part.querySelector("textarea").setAttribute("aria-required", String(must));
    }
  };

  form.addEventListener("change", show);
  form.addEventListener("input", show);
  document.addEventListener("form-changed", show);
  list.addEventListener("click", (event) => {
    if (event.target.closest("a")) list.open = false;
  });
  show();
}
