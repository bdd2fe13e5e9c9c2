"use strict";
// Short readings beside the pointer (or under the finger) for every mark that carries data-tip.
(() => {
  const tip = document.getElementById("tip");
  const hide = () => { tip.hidden = true; };
  const show = (event) => {
    const mark = event.target.closest ? event.target.closest("[data-tip]") : null;
    if (!mark) { hide(); return; }
    tip.textContent = mark.getAttribute("data-tip");
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    const x = Math.min(event.clientX + 14, window.innerWidth - box.width - 8);
    const y = event.clientY + 18 + box.height > window.innerHeight ? event.clientY - box.height - 12 : event.clientY + 18;
    tip.style.left = Math.max(x, 8) + "px";
    tip.style.top = Math.max(y, 8) + "px";
  };
  // The same readings by keyboard: a figure takes the focus, arrow keys walk through its marks.
  const walk = (event) => {
    const figure = event.currentTarget;
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") { leave(figure); return; }
    if (!step) { return; }
    event.preventDefault();
    const marks = [...figure.querySelectorAll("[data-tip]")];
    const before = marks.findIndex((mark) => mark.classList.contains("here"));
    const next = before < 0 ? (step > 0 ? 0 : marks.length - 1) : (before + step + marks.length) % marks.length;
    leave(figure);
    marks[next].classList.add("here");
    const box = marks[next].getBoundingClientRect();
    show({ target: marks[next], clientX: box.left + box.width / 2, clientY: box.top + Math.min(box.height, 40) });
  };
  const leave = (figure) => { figure.querySelectorAll(".here").forEach((mark) => mark.classList.remove("here")); hide(); };
  for (const figure of document.querySelectorAll("figure svg[role=img]")) {
    if (!figure.querySelector("[data-tip]")) { continue; }
    figure.setAttribute("tabindex", "0");
    figure.setAttribute("aria-describedby", "how");
    figure.addEventListener("keydown", walk);
    figure.addEventListener("blur", () => leave(figure));
  }
  document.addEventListener("pointermove", show);
  document.addEventListener("pointerdown", show);
  document.addEventListener("scroll", hide, { passive: true });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") { hide(); } });

  // The reader's choice of light or dark holds until the page is closed; nothing is stored.
  const button = document.getElementById("theme");
  button.hidden = false;
  button.addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });

  // On a phone the list of sections starts closed.
  const list = document.querySelector("nav details");
  if (matchMedia("(max-width: 1100px)").matches) { list.open = false; }
})();
