// A frame as tall as what is in it: read whole, without a scrollbar of its own.

for (const frame of document.querySelectorAll("[data-whole-frame]")) {
  const fit = () => {
    const page = frame.contentDocument?.documentElement;
    if (page?.offsetHeight) frame.style.height = `${page.offsetHeight + frame.offsetHeight - frame.clientHeight}px`;
  };
  frame.addEventListener("load", fit);
  window.addEventListener("resize", fit);
  fit(); // it may be there already
}
