// SPDX-License-Identifier: MIT
//
// look.js - a text as the network sees it: each character in the color of a unit, and
// what it expects behind each.

import { post, complain, calm, glyph, spoken } from './talk.js';
import { written } from './write.js';
import * as gallery from './gallery.js';

const $ = (id) => document.getElementById(id);
const GRID_MOST = 1200; // characters that are shown with what is expected
const TALLEST = 16000; // pixels of the map: browsers draw nothing that is much taller

let seen = null; // the server's answer, its values decoded
let chosen = 0; // unit, over all layers
let order = []; // units as the map shows them
let strip = 7; // pixels of a unit there
let cells = []; // elements of characters
let pending = null;
let soon = 0;
let own = false; // the text was typed or pasted: nothing takes its place unasked
let taken = null; // from the gallery: what the unit follows, and where that is so in the text

const alive = () => seen && seen.text.length > 0;
const value = (place, unit = chosen) => seen.values[place * seen.units + unit] / 127;
const measure = () => (seen.cell === 'lstm' ? 'tanh(c)' : 'h');

// Blue below zero, orange above, nothing at it.
const color = (number) => (number < 0 ? `rgb(38 105 190 / ${(-number * 0.72).toFixed(3)})` : `rgb(222 108 24 / ${(number * 0.78).toFixed(3)})`);

// -------------------------------------------------------------------- reading

// What the field shows has no carriage returns, which a text that was put there may have.
let given = '';

function setText(text) {
  given = text;
  $('look-text').value = text;
}

function getText() {
  const shown = $('look-text').value;
  return shown === given.replace(/\r\n?/g, '\n') ? given : shown;
}

async function read() {
  pending?.abort();
  pending = new AbortController();
  const text = getText().slice(0, 20000).replace(/[\ud800-\udbff]$/, ''); // more than is looked at, and whole characters
  try {
    const answer = await post('/api/look', { model: $('look-model').value, text }, pending.signal);
    calm();
    const bytes = Uint8Array.from(atob(answer.values), (c) => c.charCodeAt(0));
    seen = { ...answer, units: answer.layers * answer.hidden, values: new Int8Array(bytes.buffer) };
    chosen = Math.min(chosen, seen.units - 1);
    sort();
    const fresh = remembered !== answer.model;
    if (fresh && alive()) chosen = order[0];
    remembered = answer.model;
    if (taken?.waits) chosen = Math.min(seen.units - 1, taken.layer * seen.hidden + taken.unit);
    if (taken) taken.waits = false;
    build();
    showUnit();
  } catch (error) {
    complain(error);
  }
}
let remembered = '';

function soonRead() {
  clearTimeout(soon);
  soon = setTimeout(read, 250);
}

// Units that take clear sides and keep them are those that may mean something.
function standing(unit) {
  const count = seen.text.length;
  let sum = 0, squares = 0, moves = 0;
  for (let i = 0; i < count; i++) {
    const now = value(i, unit);
    sum += now;
    squares += now * now;
    if (i) moves += Math.abs(now - value(i - 1, unit));
  }
  const variance = squares / count - (sum / count) ** 2;
  return count > 1 ? variance / (moves / (count - 1) + 0.02) : 0;
}

function sort() {
  order = Array.from({ length: seen.units }, (_, unit) => unit);
  if ($('look-order').value === 'standing' && alive()) {
    const scores = order.map(standing);
    order.sort((a, b) => scores[b] - scores[a]);
  }
}

// ------------------------------------------------------------------- the text

function build() {
  const grid = document.querySelector('input[name=look-as]:checked').value === 'grid';
  const count = grid ? Math.min(seen.text.length, GRID_MOST) : seen.text.length;
  $('look-view').className = grid ? 'seen grid' : 'seen';
  cells = [];
  const parts = [];
  for (let i = 0; i < count; i++) {
    const symbol = seen.symbols[seen.text[i]];
    const cell = document.createElement('span');
    cell.dataset.place = i;
    if (grid) {
      const top = document.createElement('b');
      top.textContent = glyph(symbol);
      cell.append(top, ...seen.next[i].map(([next, chance]) => {
        const row = document.createElement('i');
        row.textContent = glyph(seen.symbols[next]);
        row.style.backgroundColor = `rgb(200 40 30 / ${(chance * 0.8).toFixed(3)})`;
        return row;
      }));
    } else if (symbol === '\n') {
      cell.textContent = '↵\n';
      cell.className = 'control';
    } else {
      cell.textContent = symbol.startsWith('bytes:') ? glyph(symbol) : symbol;
    }
    cells.push(cell);
    parts.push(cell);
  }
  $('look-view').replaceChildren(...parts);
  const cut = seen.cut || count < seen.text.length;
  $('look-cut').textContent = cut ? `The first ${count.toLocaleString('en')} characters.` : '';
  drawMap();
  underline();
}

// Where what the unit was found to follow is so, in the piece that came with it.
function underline() {
  const shows = Boolean(taken?.inside && taken.piece === getText() && taken.inside.length === seen.text.length);
  $('look-key').hidden = !shows;
  $('look-what').textContent = shows ? taken.what : '';
  cells.forEach((cell, i) => cell.classList.toggle('inside', shows && taken.inside[i] === '1'));
}

// A unit from the gallery, and its piece of text unless the reader brought one.
function take(finding) {
  taken = { ...finding, waits: true };
  if (finding.piece && !own) {
    setText(finding.piece);
    read();
  } else if (seen?.model === $('look-model').value && alive()) {
    taken.waits = false;
    chosen = finding.layer * seen.hidden + finding.unit;
    build();
    showUnit();
  } else {
    read();
  }
}

function forget() {
  taken = null;
  gallery.leave();
}

function showUnit() {
  if (!seen) return;
  const layer = Math.floor(chosen / seen.hidden);
  $('look-layer').replaceChildren(...Array.from({ length: seen.layers }, (_, i) => new Option(`${i}`, i)));
  $('look-layer').value = layer;
  $('look-unit').max = seen.hidden - 1;
  $('look-unit').value = chosen % seen.hidden;
  $('look-title').textContent = `Unit ${chosen % seen.hidden} of layer ${layer}`;
  $('look-low').textContent = `${measure()} = −1`;
  cells.forEach((cell, i) => { (cell.querySelector('b') ?? cell).style.backgroundColor = color(value(i)); });
  markRow();
  tell(null);
}

function tell(place) {
  for (const cell of $('look-view').querySelectorAll('.here')) cell.classList.remove('here');
  if (place === null || !alive()) {
    $('look-say').textContent = alive() ? 'Point at a character, or walk with the arrow keys.' : 'Paste a text, or look at what has been written.';
    return;
  }
  cells[place].classList.add('here');
  const nats = place ? ` (${(seen.nats[place - 1] / Math.LN2).toFixed(2)} bits)` : '';
  const next = seen.next[place].map(([symbol, chance]) => `${spoken(seen.symbols[symbol])} ${Math.round(chance * 100)} %`).join(', ');
  $('look-say').textContent = `${spoken(seen.symbols[seen.text[place]])}${nats}: ${measure()} ${value(place).toFixed(2).replace('-', '−')}; next ${next}`;
}

let place = 0;
$('look-view').addEventListener('pointermove', (event) => {
  const cell = event.target.closest('[data-place]');
  if (cell) { place = +cell.dataset.place; tell(place); }
});
$('look-view').addEventListener('keydown', (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 40, ArrowUp: -40 }[event.key];
  if (!step || !cells.length) return;
  event.preventDefault();
  place = Math.max(0, Math.min(cells.length - 1, place + step));
  tell(place);
  cells[place].scrollIntoView({ block: 'nearest' });
});

// -------------------------------------------------------------------- the map

function drawMap() {
  const canvas = $('look-map');
  const width = Math.max(1, canvas.parentElement.clientWidth);
  canvas.width = width;
  strip = Math.max(1, Math.min(7, Math.floor(TALLEST / seen.units)));
  canvas.height = Math.min(TALLEST, seen.units * strip);
  canvas.style.height = `${canvas.height}px`;
  if (!alive()) return;
  const pen = canvas.getContext('2d');
  const count = Math.min(seen.text.length, width);
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const image = new ImageData(count, seen.units);
  order.forEach((unit, row) => {
    for (let x = 0; x < count; x++) {
      const number = value(Math.floor(x * seen.text.length / count), unit);
      const [red, green, blue] = number < 0 ? [38, 105, 190] : [222, 108, 24];
      const paper = dark ? 29 : 252;
      const share = Math.abs(number);
      const at = (row * count + x) * 4;
      image.data[at] = paper + (red - paper) * share;
      image.data[at + 1] = paper + (green - paper) * share;
      image.data[at + 2] = paper + (blue - paper) * share;
      image.data[at + 3] = 255;
    }
  });
  const small = document.createElement('canvas');
  small.width = count;
  small.height = seen.units;
  small.getContext('2d').putImageData(image, 0, 0);
  pen.imageSmoothingEnabled = false;
  // A pixel between two units tells them apart.
  for (let row = 0; row < seen.units; row++) pen.drawImage(small, 0, row, count, 1, 0, row * strip, width, Math.max(1, strip - 1));
  markRow();
}

function markRow() {
  const row = order.indexOf(chosen);
  $('look-mark').hidden = row < 0 || !alive();
  $('look-mark').style.top = `${row * strip - 1}px`;
}

function choose(unit) {
  forget();
  if (seen) underline();
  chosen = Math.max(0, Math.min(seen.units - 1, unit));
  showUnit();
}

$('look-map').addEventListener('click', (event) => {
  const row = Math.floor(event.offsetY / strip);
  if (seen && order[row] !== undefined) choose(order[row]);
});
$('look-mapbox').addEventListener('keydown', (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || !seen) return;
  event.preventDefault();
  const row = Math.max(0, Math.min(order.length - 1, order.indexOf(chosen) + step));
  choose(order[row]);
  const box = $('look-mapbox'), top = row * strip;
  if (top < box.scrollTop || top > box.scrollTop + box.clientHeight - strip) box.scrollTop = top - box.clientHeight / 2;
});
$('look-order').addEventListener('change', () => { if (seen) { sort(); drawMap(); $('look-mapbox').scrollTop = 0; } });
$('look-layer').addEventListener('change', () => choose(+$('look-layer').value * seen.hidden + chosen % seen.hidden));
$('look-unit').addEventListener('input', () => {
  const unit = Number($('look-unit').value);
  if (seen && $('look-unit').value !== '' && unit >= 0 && unit < seen.hidden) choose(Math.floor(chosen / seen.hidden) * seen.hidden + unit);
});
$('look-text').addEventListener('input', () => {
  own = $('look-text').value !== '';
  soonRead();
});
$('look-model').addEventListener('change', () => {
  forget();
  gallery.of($('look-model').value);
  read();
});
for (const radio of document.querySelectorAll('input[name=look-as]')) radio.addEventListener('change', () => { if (seen) { build(); showUnit(); } });
$('look-written').addEventListener('click', () => {
  own = false;
  forget();
  setText(written().text);
  $('look-model').value = written().model;
  gallery.of($('look-model').value);
  read();
});
addEventListener('resize', () => { if (seen && !$('look').hidden) drawMap(); });
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { if (seen && !$('look').hidden) drawMap(); });

// ------------------------------------------------------------------ the view

export function know(models) {
  const names = models.map(({ name }) => name), before = $('look-model').value;
  if ([...$('look-model').options].map((option) => option.value).join('\n') === names.join('\n')) return;
  $('look-model').replaceChildren(...names.map((name) => new Option(name, name)));
  if (names.includes(before)) $('look-model').value = before;
  gallery.of($('look-model').value);
}

export function enter() {
  const { text, model } = written();
  $('look-written').disabled = !text;
  if (!$('look-text').value && text) {
    setText(text);
    $('look-model').value = model;
  }
  gallery.of($('look-model').value);
  gallery.open(take);
  if ($('look-model').value) read();
}
