/* Logging in, in another tab, changes the browser's token: a form that is sent again takes the one of this moment. */

for (const form of document.querySelectorAll("form[data-fresh-token]")) {
  form.addEventListener("submit", () => {
    const cookie = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
    if (cookie) form.elements.csrfmiddlewaretoken.value = cookie[1];
  });
}
