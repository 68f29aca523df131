/* The examiner's form saves as one goes: within 2 seconds of a change, by one request at a time.
 *
 * Of each field it knows what the server keeps (`known`); what differs is unsent, and so is what was
 * sent and never answered (`pending`). Unsent values are in this browser too (unsent_copy.js), so
 * that a lost connection or a closed tab loses nothing. The server decides field by field
 * (assessments/autosave.py; tests/assessments/test_autosave.py proves the rules of both sides); what
 * someone else changed too is shown here with both values, and stays unsent until one is chosen.
 *
 * fetch instead of htmx: what an answer means depends on what was typed since it was asked.
 * Without this script 'Tussentijds opslaan' and 'Afronden' post the form. So they do where the browser lacks what it
 * takes to hold a submit back, and when saving in the background fails while the site can be reached.
 */

import { forget, load, store } from "./unsent_copy.js";

const SOON = 800; // ms after the last change
const AT_LATEST = 1600; // ms after the first unsent one
const TIMEOUT = 15000;
const PAUSES = [2000, 4000, 8000, 15000, 30000];
const ANSWER = ["at", "fields", "marks", "conflicts", "closed", "too_long"];
const HOLDS_SUBMITS =
  "requestSubmit" in HTMLFormElement.prototype && "submitter" in (globalThis.SubmitEvent?.prototype ?? {});
const FIELD = /^(?:justification|score)-(\d+)(?:-(\d+))?$/;

/* The status and text of the response; null when there was none in time. */
async function request(address, options) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), TIMEOUT);
  try {
    const response = await fetch(address, { ...options, credentials: "same-origin", signal: controller.signal });
    return { status: response.status, text: await response.text() };
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

/* Our server's answer; null for anything else, such as the log-in page of a guest network. */
function readAnswer(text) {
  try {
    const answer = JSON.parse(text);
    return ANSWER.every((key) => key in answer) ? answer : null;
  } catch {
    return null;
  }
}

class Field {
  constructor(name, control) {
    this.name = name;
    this.control = control; // a textarea, or a RadioNodeList
    [, this.part, this.criterion] = name.match(FIELD);
    this.known = this.value;
    this.pending = false;
    this.conflict = false;
    this.refused = null; // a value that is too long
  }

  get value() {
    return this.control.value;
  }

  set value(value) {
    this.control.value = value;
    if (value === "" && this.criterion) for (const radio of this.control) radio.checked = false;
  }

  get place() {
    return this.criterion ? this.control[0].closest(".criterion") : this.control.closest("[data-justification]");
  }

  get isUnsent() {
    return this.value !== this.known || this.pending;
  }

  get canBeSent() {
    return this.isUnsent && !this.conflict && this.value !== this.refused;
  }
}

class Autosave {
  constructor(form) {
    this.form = form;
    this.words = form.querySelector("[data-words]").dataset;
    this.status = form.querySelector("[data-status]");
    this.page = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    this.earlier = "";
    this.number = 0;
    this.failures = 0;
    this.stopped = false;
    this.busy = null;
    this.fields = new Map();
    this.marks = new Map();
    for (const { name } of form.elements) {
      if (FIELD.test(name) && !this.fields.has(name)) this.fields.set(name, new Field(name, form.elements[name]));
    }
    for (const base of form.querySelectorAll("[data-base]")) this.marks.set(base.dataset.base, base.value.split(" ")[0]);
    this.restore();
    form.addEventListener("input", () => this.changed());
    form.addEventListener("change", () => this.changed());
    form.addEventListener("submit", (event) => this.submitted(event));
    document.querySelector("form[data-leave]").addEventListener("submit", (event) => this.left(event));
    window.addEventListener("online", () => this.sendSoon(0));
    document.addEventListener("visibilitychange", () => document.hidden && this.send());
    window.addEventListener("pageshow", () => (this.leaving = false));
    window.addEventListener("beforeunload", (event) => {
      if (this.unsent.length > 0 && !this.isCopied && !this.leaving) event.preventDefault();
    });
  }

  get unsent() {
    return [...this.fields.values()].filter((field) => field.isUnsent);
  }

  get conflicts() {
    return [...this.fields.values()].filter((field) => field.conflict);
  }

  // --- The copy in this browser --------------------------------------------------------------------
  copy() {
    if (this.gone) return;
    const fields = this.unsent.map((field) => [field.name, { value: field.value, known: field.known, mark: this.marks.get(field.part) }]);
    if (fields.length === 0) forget(this.form.dataset.autosave);
    this.isCopied = fields.length === 0 || store(this.form.dataset.autosave, { page: this.page, fields: Object.fromEntries(fields) });
  }

  restore() {
    const copy = load(this.form.dataset.autosave);
    if (!copy) return;
    this.earlier = copy.page;
    let restored = 0;
    for (const [name, { value, known, mark }] of Object.entries(copy.fields)) {
      const field = this.fields.get(name);
      if (!field) {
        if (value && !name.startsWith("score-")) this.showLost(value);
      } else if (field.value !== value) {
        field.value = value;
        field.known = known;
        field.pending = true;
        if (!field.criterion) this.marks.set(field.part, mark);
        restored += 1;
      }
    }
    if (restored > 0) {
      this.say("restored");
      this.sendSoon(0);
    }
    this.copy();
    document.dispatchEvent(new Event("form-changed"));
  }

  showLost(text) {
    const lost = this.form.querySelector("template[data-lost]").content.cloneNode(true);
    lost.querySelector("textarea").value = text;
    this.form.prepend(lost);
  }

  // --- Sending ---------------------------------------------------------------------------------------
  changed() {
    this.gone = this.askedToLeave = this.leaving = false;
    this.copy();
    if (this.unsent.length === 0) return;
    this.firstChange ??= Date.now();
    this.sendSoon(Math.max(0, Math.min(SOON, this.firstChange + AT_LATEST - Date.now())));
  }

  sendSoon(pause) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), pause);
  }

  /* Resolves to whether all that can be sent has been. */
  async send() {
    clearTimeout(this.timer);
    while (this.busy) await this.busy;
    const fields = this.unsent.filter((field) => field.canBeSent);
    if (fields.length === 0 || this.stopped) return fields.length === 0;
    this.firstChange = null;
    this.busy = this.post(fields).catch((error) => this.fail(error));
    const arrived = await this.busy;
    this.busy = null;
    this.copy();
    if (!arrived) {
      if (!this.stopped) this.sendSoon(PAUSES[Math.min(this.failures++, PAUSES.length - 1)]);
      return false;
    }
    this.failures = 0;
    const left = this.unsent.some((field) => field.canBeSent);
    if (left) this.sendSoon(SOON);
    return !left;
  }

  base(part) {
    const scores = [...this.fields.values()].filter((field) => field.part === part && field.criterion && field.known);
    return [this.marks.get(part), ...scores.map((field) => field.criterion + field.known)].join(" ");
  }

  body(fields) {
    const body = new URLSearchParams({ page: this.page, "earlier-page": this.earlier, "save-number": String(++this.number) });
    for (const part of new Set(fields.map((field) => field.part))) body.set(`base-${part}`, this.base(part));
    for (const field of fields) body.set(field.name, field.value);
    return body;
  }

  /* Whether the server heard it. */
  async post(fields) {
    const sent = new Map(fields.map((field) => [field.name, field.value]));
    const body = this.body(fields);
    for (const field of fields) field.pending = true;
    const response = await request(this.form.dataset.keep, {
      method: "POST",
      body,
      headers: { "X-CSRFToken": this.token },
      keepalive: body.toString().length < 50000,
    });
    const answer = response?.status === 200 && readAnswer(response.text);
    if (answer) this.hear(answer, sent);
    else if (response && response.status >= 400 && response.status < 500 && response.status !== 429) this.stop();
    else this.say("offline");
    return Boolean(answer);
  }

  /* Whether the site answers: then the browser may post what can't be sent in the background. */
  async isReachable() {
    const response = await request(location.href, { method: "HEAD" });
    return response !== null && response.status < 500;
  }

  /* An error in this script: the console shows it, and the form is the browser's from now on. */
  fail(error) {
    this.stop();
    queueMicrotask(() => {
      throw error;
    });
    return false;
  }

  get token() {
    const cookie = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
    return cookie ? cookie[1] : this.form.elements.csrfmiddlewaretoken.value;
  }

  hear(answer, sent) {
    for (const [name, kept] of Object.entries(answer.conflicts)) {
      const field = this.fields.get(name);
      if (field && !(field.part in answer.closed)) this.showConflict(field, kept, answer.marks[field.part]);
    }
    for (const [name, kept] of Object.entries(answer.fields)) {
      const field = this.fields.get(name);
      const taken = !(name in answer.conflicts) && !answer.too_long.includes(name);
      if (field && taken) this.settle(field, kept, sent, answer.marks[field.part]);
    }
    for (const name of answer.too_long) this.refuse(this.fields.get(name), sent.get(name));
    for (const part of Object.keys(answer.closed)) this.close(part);
    this.at = answer.at;
    if (this.stopped) this.say("stopped");
    else if (this.conflicts.length > 0) this.say("conflict");
    else if (answer.too_long.length > 0) this.say("tooLong");
    else this.say("saved", answer.at);
    document.dispatchEvent(new Event("form-changed"));
  }

  /* The server has `kept` now. What was typed since it was sent stays unsent. */
  settle(field, kept, sent, mark) {
    const typedOn = sent.has(field.name) && field.value !== sent.get(field.name);
    if (typedOn ? kept !== sent.get(field.name) : !sent.has(field.name) && field.isUnsent) return;
    if (!typedOn && field.value !== kept) field.value = kept;
    field.known = kept;
    field.pending = false;
    if (!field.criterion) this.marks.set(field.part, mark);
    field.place.querySelector(":scope > [data-problem]")?.remove();
  }

  /* The link is void, or nothing is saved here any more: the buttons still post the form, and show why. */
  stop() {
    this.stopped = true;
    this.say("stopped");
  }

  // --- What the screen shows -----------------------------------------------------------------------------
  say(what, at = "") {
    const text = this.words[what].replace("{at}", at);
    if (this.status.textContent !== text) this.status.textContent = text;
    this.status.dataset.status = what;
  }

  refuse(field, value) {
    field.refused = value;
    this.showProblem(field, "tooLong");
  }

  close(part) {
    this.stopped = true;
    for (const field of this.fields.values()) {
      if (field.part === part && !field.criterion) this.showProblem(field, "closed");
    }
  }

  showProblem(field, what) {
    field.place.querySelector(":scope > [data-problem]")?.remove();
    const problem = this.form.querySelector("template[data-problem-template]").content.cloneNode(true);
    problem.querySelector("[data-text]").textContent = this.words[what];
    field.place.append(problem);
  }

  showConflict(field, kept, mark) {
    field.conflict = true;
    field.place.querySelector(":scope > [data-choice]")?.remove();
    const panel = this.form.querySelector("template[data-conflict-template]").content.firstElementChild.cloneNode(true);
    panel.querySelector("[data-kept]").textContent = kept || this.words.nothing;
    const choose = (take) => {
      field.conflict = field.pending = false;
      field.known = kept;
      if (!field.criterion) this.marks.set(field.part, mark);
      if (take) field.value = kept;
      panel.remove();
      (field.criterion ? field.control[0] : field.control).focus();
      this.changed();
      document.dispatchEvent(new Event("form-changed"));
      if (this.unsent.length === 0) this.say("chosen");
    };
    panel.querySelector("[data-take]").addEventListener("click", () => choose(true));
    panel.querySelector("[data-keep]").addEventListener("click", () => choose(false));
    field.place.append(panel);
  }

  // --- The buttons -----------------------------------------------------------------------------------------
  async submitted(event) {
    if (this.stopped || this.leaving || !HOLDS_SUBMITS) {
      this.describe();
      return;
    }
    event.preventDefault();
    const button = event.submitter;
    button?.classList.add("is-busy");
    await new Promise((resolve) => setTimeout(resolve)); // while this event goes on, the form can't be submitted
    const sent = (await this.send()) || (this.failures === 0 && (await this.send()));
    const goesOn = this.stopped || (sent ? button?.hasAttribute("formaction") : await this.isReachable());
    button?.classList.remove("is-busy");
    if (this.conflicts.length > 0 && !this.stopped) {
      this.say("conflict");
      this.conflicts[0].place.querySelector("[data-choice] button").focus();
    } else if (goesOn) {
      this.leaving = true;
      this.form.requestSubmit(button);
    } else if (sent && this.unsent.length === 0) {
      this.say(this.at ? "savedByHand" : "unchanged", this.at);
    }
  }

  /* 'Klaar op deze computer': saves first, and forgets the form only then, or when that is asked twice. */
  async left(event) {
    if (this.gone || this.unsent.length === 0) return;
    event.preventDefault();
    const button = event.submitter;
    button?.classList.add("is-busy");
    await new Promise((resolve) => setTimeout(resolve)); // while this event goes on, the form can't be submitted
    await this.send();
    button?.classList.remove("is-busy");
    if (this.unsent.length > 0 && !this.askedToLeave) {
      this.askedToLeave = true;
      this.say("leaveAnyway");
      return;
    }
    forget(this.form.dataset.autosave);
    this.gone = this.stopped = this.isCopied = true;
    event.target.submit();
  }

  /* Fills in what the server has to know of a form that the browser posts. */
  describe() {
    this.leaving = true;
    for (const base of this.form.querySelectorAll("[data-base]")) base.value = this.base(base.dataset.base);
    this.form.elements.page.value = this.page;
    this.form.elements["earlier-page"].value = this.earlier;
    this.form.elements["save-number"].value = String(++this.number);
  }
}

const form = document.querySelector("form[data-autosave]");
if (form && "fetch" in globalThis && "AbortController" in globalThis) new Autosave(form);
