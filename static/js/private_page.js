/* A page that the browser restores from its back/forward cache is shown only while it has the cookie that the page
 * names, which goes when one logs out; otherwise it is asked for again.
 *
 * It is hidden as it is left, so that nothing of it is drawn before the cookie is looked at.
 */

const { content } = document.querySelector('meta[name="shown-while"]');
const root = document.documentElement;

window.addEventListener("pagehide", () => {
  root.style.visibility = "hidden";
});

window.addEventListener("pageshow", (event) => {
  if (!event.persisted || document.cookie.split("; ").includes(content)) root.style.visibility = "";
  else location.replace(location.pathname + location.search); // reload() would ask whether to post a form again
});
