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

  // A figure leaves the page: title, legend and drawing in one SVG with its light colours written in; PNG from it; PDF by printing it alone.
  const looks = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "opacity", "paint-order", "font-family", "font-size", "font-weight", "text-anchor"];
  const space = "http://www.w3.org/2000/svg";
  const dressed = (drawing) => {
    const copy = drawing.cloneNode(true);
    const marks = copy.querySelectorAll("*");
    drawing.querySelectorAll("*").forEach((mark, k) => {
      const style = getComputedStyle(mark);
      for (const name of looks) { marks[k].setAttribute(name, style.getPropertyValue(name).replace(/"/g, "'")); }
      marks[k].removeAttribute("class");
      marks[k].removeAttribute("data-tip");
      if (mark.classList.contains("reading")) { marks[k].setAttribute("display", "none"); }
    });
    for (const name of ["tabindex", "aria-describedby"]) { copy.removeAttribute(name); }
    return copy;
  };
  const written = (words, x, y, size, weight) => {
    const line = document.createElementNS(space, "text");
    line.textContent = words;
    const set = { x, y, "font-size": size, "font-weight": weight, "font-family": "Inter, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif", fill: "#1d2329" };
    for (const name in set) { line.setAttribute(name, set[name]); }
    return line;
  };
  const sheet = (figure) => {
    const drawing = [...figure.querySelectorAll(".wide > svg, .narrow > svg")].find((one) => one.getBoundingClientRect().width > 0);
    const root = document.documentElement, before = root.dataset.theme;
    root.dataset.theme = "light";
    const place = drawing.getBoundingClientRect(), scale = Number(drawing.getAttribute("width")) / place.width;
    const whole = document.createElementNS(space, "svg");
    const paper = document.createElementNS(space, "rect");
    paper.setAttribute("fill", "#ffffff");
    whole.append(paper, written(figure.querySelector("h3").textContent, 18, 32, 16, 600));
    let top = 48, bottom = 0, right = 36 + place.width * scale;
    const legend = figure.querySelector(".legend");
    if (legend) {
      const box = legend.getBoundingClientRect();
      for (const item of legend.querySelectorAll("li")) {
        const sample = item.querySelector("svg"), at = sample.getBoundingClientRect(), own = item.getBoundingClientRect();
        const copy = dressed(sample), x = 18 + at.left - box.left, y = top + at.top - box.top;
        copy.setAttribute("x", x);
        copy.setAttribute("y", y);
        whole.append(copy, written(item.textContent.trim(), x + at.width + 6, y + 11, 12.5, 400));
        right = Math.max(right, 36 + own.right - box.left + 12);
        bottom = Math.max(bottom, own.bottom - box.top);
      }
      top += bottom + 10;
    }
    const copy = dressed(drawing), tall = place.height * scale;
    copy.setAttribute("x", 18);
    copy.setAttribute("y", top);
    copy.setAttribute("overflow", "visible");
    const said = document.querySelector(".kicker").textContent.split(" · ").slice(1).join("; ");
    const standing = said ? `${said[0].toUpperCase()}${said.slice(1)}. ` : "";
    whole.append(copy, written(`${standing}Simulation; not for patient care. livingdrug`, 18, top + tall + 24, 10.5, 400));
    const height = top + tall + 40;
    for (const [name, value] of [["width", right], ["height", height], ["viewBox", `0 0 ${right} ${height}`]]) { whole.setAttribute(name, value); }
    paper.setAttribute("width", right);
    paper.setAttribute("height", height);
    if (before) { root.dataset.theme = before; } else { delete root.dataset.theme; }
    return { text: new XMLSerializer().serializeToString(whole), width: right, height };
  };
  const hand = (blob, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };
  const ways = {
    SVG: (figure, name) => hand(new Blob([sheet(figure).text], { type: "image/svg+xml" }), `${name}.svg`),
    PNG: (figure, name) => {
      const found = sheet(figure), picture = new Image();
      picture.onload = () => {
        const canvas = document.createElement("canvas");
        canvas.width = 2 * found.width;
        canvas.height = 2 * found.height;
        canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
        canvas.toBlob((blob) => hand(blob, `${name}.png`), "image/png");
      };
      picture.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(found.text);
    },
    PDF: (figure) => {
      const marked = [[document.documentElement, "one"], [figure.closest("section"), "holder"], [figure, "printed"]];
      for (const [element, role] of marked) { element.classList.add(role); }
      addEventListener("afterprint", () => { for (const [element, role] of marked) { element.classList.remove(role); } }, { once: true });
      print();
    },
  };
  for (const figure of document.querySelectorAll("figure[data-name]")) {
    const row = document.createElement("p");
    row.className = "save";
    row.append("Save as ");
    for (const way of Object.keys(ways)) {
      const press = document.createElement("button");
      press.type = "button";
      press.textContent = way;
      press.setAttribute("aria-label", `Save ${figure.querySelector("h3").textContent} as ${way}`);
      press.addEventListener("click", () => ways[way](figure, figure.dataset.name));
      row.append(press);
    }
    figure.append(row);
  }
})();
