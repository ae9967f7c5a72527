/* SPDX-License-Identifier: MIT
 *
 * page.js - the picker of `rnn show`'s pages: any pane can show any unit. Without it the
 * page shows the panes that were drawn.
 */
"use strict";
(() => {
  const facts = document.getElementById("units");
  const panes = document.querySelector(".panes.picked");
  if (!facts || !panes) return;
  const { layers, hidden, order } = JSON.parse(facts.textContent);
  const packed = atob(document.getElementById("values").textContent.trim());
  const values = Int8Array.from(packed, (byte) => byte.charCodeAt(0));
  const glyphs = values.length / (layers * hidden);

  /* The classes and numbers that html.c draws, 21 levels from -1 to 1. */
  function paint(pane) {
    const unit = Number(pane.dataset.layer) * hidden + Number(pane.dataset.unit);
    pane.querySelectorAll(".text i").forEach((glyph, i) => {
      const value = values[unit * glyphs + i] / 127;
      const level = Math.floor((value + 1) * 10 + 0.5);
      const marks = glyph.classList.contains("z") ? "z" : "";
      glyph.className = level === 10 ? marks : `${marks} s${level}`;
      glyph.dataset.n = (value < 0 ? "" : "+") + value.toFixed(2);
    });
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
    button("\u00d7", "remove", () => panes.querySelectorAll(".pane").length > 1 && pane.remove());
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
    equip(pane);
    walk(pane, 1);
  });
})();
