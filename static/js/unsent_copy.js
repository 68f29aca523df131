/* The examiner's typed text that has not reached the server yet, kept in this browser.
 *
 * PCs are shared: a copy goes when all of it was saved, when the assessment is completed, by
 * 'Klaar op deze computer', and after 24 hours, whichever assessment it is of.
 */

const PREFIX = "beoordeling:";
const KEPT_FOR = 24 * 60 * 60 * 1000; // ms

function attempt(work) {
  try {
    return work();
  } catch {
    return null; // no storage here (a private window, or it is full)
  }
}

export function load(key) {
  return attempt(() => {
    const copy = JSON.parse(localStorage.getItem(PREFIX + key));
    return copy && Date.now() - copy.at < KEPT_FOR ? copy : null;
  });
}

/* Whether it could be kept. */
export function store(key, copy) {
  return attempt(() => {
    localStorage.setItem(PREFIX + key, JSON.stringify({ ...copy, at: Date.now() }));
    return true;
  }) === true;
}

export function forget(key) {
  attempt(() => localStorage.removeItem(PREFIX + key));
}

export function forgetOld() {
  attempt(() => {
    for (const name of Object.keys(localStorage)) {
      if (name.startsWith(PREFIX) && !load(name.slice(PREFIX.length))) localStorage.removeItem(name);
    }
  });
}

forgetOld();
const done = document.querySelector("[data-forget-copy]");
if (done) done.dataset.forgetCopy.split(" ").forEach(forget);
