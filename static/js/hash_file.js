/* A form with data-hash sends its file's SHA-256 in the field of that name, and the file stays where it is.
 *
 * Without this script, or where the browser can't compute it (a page without https), the file itself is sent.
 */

async function fingerprint(file) {
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function watch(form) {
  const { file, sha256 } = form.elements;
  form.querySelector("[data-when-hashed]").hidden = false;
  form.querySelector("[data-when-sent]").hidden = true;

  form.addEventListener("submit", async (event) => {
    if (file.files.length === 0) return;
    event.preventDefault();
    try {
      sha256.value = await fingerprint(file.files[0]);
      file.disabled = true; // so that it is not sent
    } catch {
      // Larger than the memory holds, or moved meanwhile: the server's answer counts.
    }
    form.submit();
  });
}

if (globalThis.crypto?.subtle) document.querySelectorAll("form[data-hash]").forEach(watch);

window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-hash]")) {
    form.elements.file.disabled = false;
    form.elements.sha256.value = "";
  }
});
