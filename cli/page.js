/* SPDX-License-Identifier: MIT
 *
 * page.js - what pages can do beside being read: numbers by touch and by keys, as hovering
 * tells them, and the picker of `rnn show`, by which any pane can show any unit. Without it
 * a page shows what was drawn.
 */
"use strict";
/* The number of one character or dot, at the lower edge. It is chosen by a click, a touch or,
 * in what has the focus, by the arrows, Home and End; Escape ends that. */
(() => {
  const places = ".text, .grid, .plots svg", things = "[data-n], .plots .dot";
  const told = document.body.appendChild(Object.assign(document.createElement("output"), { className: "told" }));
  let chosen = null;

  function tell() {
    const title = chosen && chosen.querySelector("title");
    told.textContent = !chosen ? "" : title ? title.textContent : `${chosen.textContent}   ${chosen.dataset.n}`;
  }

  function choose(thing) {
    if (chosen) chosen.classList.remove("at");
    chosen = thing;
    if (chosen) chosen.classList.add("at");
    tell();
  }

  /* Where a key leads to from the thing at `at`, -1 for none: in a grid across the columns, or
   * up and down in one. */
  function lead(key, place, at, count) {
    const rows = place.matches(".grid") ? place.firstElementChild.childElementCount : 1;
    if (key === "Home" || key === "End") return key === "Home" ? 0 : count - 1;
    if (at < 0) return 0;
    const to = { ArrowLeft: at - rows, ArrowRight: at + rows }[key];
    if (to !== undefined) return to < 0 || to >= count ? at : to;
    const row = (at % rows) + (key === "ArrowUp" ? -1 : 1);
    return row < 0 || row >= rows ? at : at - (at % rows) + row;
  }

  document.querySelectorAll(places).forEach((place) => place.setAttribute("tabindex", "0"));
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".pane header, button")) choose(event.target.closest(things));
  });
  /* Another unit may be shown in its pane, or the pane be gone. */
  document.addEventListener("painted", () => (chosen && chosen.isConnected ? tell() : choose(null)));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") choose(null);
    const place = event.target.closest(places);
    if (!place || event.ctrlKey || event.altKey || event.metaKey) return;
    const upright = place.matches(".grid") ? ["ArrowUp", "ArrowDown"] : []; /* a text scrolls */
    if (!["ArrowLeft", "ArrowRight", "Home", "End", ...upright].includes(event.key)) return;
    event.preventDefault();
    const all = [...place.querySelectorAll(things)];
    const next = all[lead(event.key, place, all.indexOf(chosen), all.length)];
    choose(next);
    next.scrollIntoView({ block: "nearest" });
  });
})();

(() => {
  const facts = document.getElementById("units");
  const numbers = document.getElementById("values");
  const panes = document.querySelector(".panes.picked");
  if (!facts || !numbers || !panes) return;
  const { layers, hidden, order } = JSON.parse(facts.textContent);
  const packed = atob(numbers.textContent.trim());
  const values = Int8Array.from(packed, (byte) => byte.charCodeAt(0));
  const glyphs = values.length / (layers * hidden);

  /* The classes and numbers that html.c draws, 21 levels from -1 to 1. */
  function paint(pane) {
    const unit = Number(pane.dataset.layer) * hidden + Number(pane.dataset.unit);
    pane.querySelectorAll(".text i").forEach((glyph, i) => {
      const value = values[unit * glyphs + i] / 127;
      const level = Math.floor((value + 1) * 10 + 0.5);
      const marks = ["z", "at"].filter((name) => glyph.classList.contains(name)).join(" ");
      glyph.className = level === 10 ? marks : `${marks} s${level}`;
      glyph.dataset.n = (value < 0 ? "" : "+") + value.toFixed(2);
    });
    document.dispatchEvent(new Event("painted"));
  }

  function show(pane, layer, unit) {
    pane.dataset.layer = Math.min(Math.max(layer, 0), layers - 1);
    pane.dataset.unit = Math.min(Math.max(unit, 0), hidden - 1);
    const [first, second] = pane.querySelectorAll("input");
    first.value = pane.dataset.layer;
    second.value = pane.dataset.unit;
    paint(pane);
  }

  /* The next or the one before it, in the order of their swings. */
  function walk(pane, steps) {
    const at = order.indexOf(Number(pane.dataset.layer) * hidden + Number(pane.dataset.unit));
    const next = order[(at + steps + order.length) % order.length];
    show(pane, Math.floor(next / hidden), next % hidden);
  }

  function make(name, properties, parent) {
    return parent.appendChild(Object.assign(document.createElement(name), properties));
  }

  function equip(pane) {
    const header = pane.querySelector("header");
    header.textContent = "";
    const number = (label, most) => {
      const input = make("input", { type: "number", min: 0, max: most }, make("label", { textContent: label }, header));
      input.addEventListener("change", () => {
        const [layer, unit] = pane.querySelectorAll("input");
        show(pane, Math.trunc(layer.value) || 0, Math.trunc(unit.value) || 0);
      });
    };
    number("layer ", layers - 1);
    number("unit ", hidden - 1);
    const right = make("span", { className: "right" }, header);
    const button = (text, title, act) =>
      make("button", { type: "button", textContent: text, title }, right).addEventListener("click", act);
    button("\u2190", "a unit that swings wider", () => walk(pane, -1));
    button("\u2192", "a unit that swings less", () => walk(pane, 1));
    button("\u00d7", "remove", () => {
      if (panes.querySelectorAll(".pane").length > 1) pane.remove();
      document.dispatchEvent(new Event("painted"));
    });
    show(pane, Number(pane.dataset.layer), Number(pane.dataset.unit));
  }

  /* All panes show the same place. */
  panes.addEventListener("scroll", (event) => {
    panes.querySelectorAll(".text").forEach((text) => { text.scrollTop = event.target.scrollTop; });
  }, true);
  panes.querySelectorAll(".pane").forEach(equip);
  const more = make("button", { type: "button", textContent: "one more unit" }, document.createElement("p"));
  panes.after(more.parentNode);
  more.addEventListener("click", () => {
    const pane = panes.appendChild(panes.lastElementChild.cloneNode(true));
    pane.querySelectorAll(".at").forEach((glyph) => glyph.classList.remove("at"));
    equip(pane);
    walk(pane, 1);
  });
})();
