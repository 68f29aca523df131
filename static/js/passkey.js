// Make or use a passkey (WebAuthn), and post what the browser returns in the form's `credential`.
// `data-passkey` is `create` or `get`; the options are on the page, or come from the form's address at the login.

const forms = document.querySelectorAll("form[data-passkey]");
// WebAuthn works on a host name, not on an IP address.
const isSupported = Boolean(window.PublicKeyCredential?.parseCreationOptionsFromJSON) && !/^[\d.]+$|:/.test(location.hostname);

async function readOptions(form) {
  const onPage = document.getElementById("passkey-options");
  if (onPage) return JSON.parse(onPage.textContent);
  const response = await fetch(form.action, { headers: { Accept: "application/json" } });
  return response.json();
}

async function ask(form) {
  const options = await readOptions(form);
  if (form.dataset.passkey === "get") {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options.request_options.publicKey);
    return navigator.credentials.get({ publicKey });
  }
  const creation = options.creation_options.publicKey;
  creation.authenticatorSelection = {
    ...creation.authenticatorSelection, residentKey: "required", requireResidentKey: true, userVerification: "required",
  };
  return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(creation) });
}

for (const form of forms) {
  form.hidden = !isSupported;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const failed = form.querySelector("[data-passkey-failed]");
    failed.hidden = true;
    try {
      form.elements.credential.value = JSON.stringify(await ask(form));
      form.submit();
    } catch {
      failed.hidden = false;
    }
  });
}
for (const note of document.querySelectorAll("[data-passkey-unsupported]")) note.hidden = isSupported;
