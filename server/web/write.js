// SPDX-License-Identifier: MIT
//
// write.js - texts as they are drawn, side by side, and what the model expects in them.

import { post, events, complain, calm, glyph, spoken, count } from './talk.js';

const $ = (id) => document.getElementById(id);
const MOST_PANES = 4;
const SHOWN = 14; // candidates

let models = [];
let panes = [];
let active = null; // the pane whose cursor is looked at

// ------------------------------------------------------------------- settings

const lengthOf = (place) => Math.round(100 * 10 ** (place / 100 * 2.3) / 50) * 50; // 100 to 20,000

function settings() {
  return {
    length: lengthOf(+$('length').value),
    topK: +$('top-k').value,
    topP: +$('top-p').value,
    seed: Number($('seed').value) || 0,
  };
}

function showSettings() {
  const { length, topK, topP } = settings();
  $('length-out').textContent = `${count(length)} characters`;
  $('top-k-out').textContent = topK ? `${topK}` : 'all';
  $('top-p-out').textContent = topP < 1 ? `${Math.round(topP * 100)} %` : 'all';
}

// What temperature and the sliders make of the model's probabilities, as the sampler does.
function filtered(chances, temperature, { topK, topP }) {
  const best = chances[0].log;
  const cold = temperature < 1e-6;
  let list = chances.map((one, i) => ({ ...one, share: cold ? +(i === 0) : Math.exp((one.log - best) / temperature) }));
  if (topK > 0) list = list.map((one, i) => (i < topK ? one : { ...one, share: 0 }));
  const all = list.reduce((sum, one) => sum + one.share, 0);
  let mass = 0;
  for (const one of list) {
    if (topP < 1 && mass >= topP * all) one.share = 0;
    mass += one.share;
  }
  const kept = list.reduce((sum, one) => sum + one.share, 0);
  for (const one of list) one.share /= kept;
  return list;
}

// ---------------------------------------------------------------------- panes

class Pane {
  constructor(temperature, model) {
    this.root = document.createElement('article');
    this.root.className = 'pane';
    this.root.innerHTML = `<header><select aria-label="Model"></select>
      <label class="heat"><span>Temperature</span><input type="range" min="0" max="2" step="0.05"><output></output></label>
      <button class="close" type="button" aria-label="Close this text" title="Close">×</button></header>
      <div class="text blank" tabindex="0" role="textbox" aria-multiline="true" aria-readonly="true"
        aria-label="Text" data-empty="Press Write."></div><footer></footer>`;
    const find = (what) => this.root.querySelector(what);
    this.select = find('select');
    this.heat = find('input');
    this.heatOut = find('.heat output');
    this.box = find('.text');
    this.foot = find('footer');
    this.primeNode = document.createTextNode('');
    this.drawnNode = document.createTextNode('');
    const prime = document.createElement('span');
    prime.className = 'prime';
    prime.append(this.primeNode);
    this.caret = document.createElement('div');
    this.caret.className = 'caret';
    this.caret.append(document.createElement('i'));
    this.caret.hidden = true;
    this.box.append(prime, this.drawnNode, this.caret);
    this.cursor = 0;
    this.branches = [];
    this.fill(model);
    this.heat.value = temperature;
    this.showHeat();
    this.heat.addEventListener('input', () => { this.showHeat(); this.changed(); if (active === this) showBars(); });
    this.select.addEventListener('change', () => { this.changed(); this.look(); });
    find('.close').addEventListener('click', () => close(this));
    this.box.addEventListener('click', (event) => this.point(event));
    this.box.addEventListener('focus', () => this.activate());
    this.box.addEventListener('keydown', (event) => this.key(event));
  }

  get text() { return this.primeNode.data + this.drawnNode.data; }
  get temperature() { return +this.heat.value; }
  get model() { return this.select.value; }

  showHeat() {
    this.heatOut.textContent = this.temperature.toFixed(2);
    this.heat.setAttribute('aria-valuetext', this.temperature === 0 ? '0, always the likeliest' : this.heatOut.textContent);
  }

  fill(wanted = this.model) {
    this.select.replaceChildren(...models.map(({ name, label }) => new Option(label, name)));
    if (models.some(({ name }) => name === wanted)) this.select.value = wanted;
  }

  // -- writing

  start(prime, options) {
    this.stop();
    this.primeNode.data = prime;
    this.drawnNode.data = '';
    this.branches = [];
    this.box.scrollTop = 0;
    this.left = options.length;
    return this.goOn(options);
  }

  async goOn(options) {
    const stopping = new AbortController();
    this.stopping = stopping;
    this.box.classList.remove('blank');
    this.root.classList.add('writing');
    this.follow = true;
    this.begun = performance.now();
    this.drawn = 0;
    this.say();
    try {
      const wish = {
        model: this.model, prompt: this.text, max_tokens: this.left, temperature: this.temperature,
        top_k: options.topK, top_p: options.topP, seed: options.seed, stream: true, skip_unknown: true,
      };
      for await (const event of events('/v1/completions', wish, stopping.signal)) {
        if (this.stopping !== stopping) return;
        this.append(event.choices[0].text);
      }
    } catch (error) {
      complain(error);
    }
    if (this.stopping === stopping) this.ended();
  }

  append(text) {
    if (!text) return;
    const box = this.box;
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
    const drawn = [...text].length;
    this.drawnNode.appendData(text);
    this.drawn += drawn;
    this.left -= drawn;
    if (this.follow) this.place(this.text.length);
    if (atEnd && this.follow) box.scrollTop = box.scrollHeight;
    this.say();
  }

  say() {
    const seconds = (performance.now() - this.begun) / 1000;
    const speed = this.drawn > 50 && seconds > 0.05 ? ` · ${count(Math.round(this.drawn / seconds))} a second` : '';
    this.foot.textContent = `${count([...this.drawnNode.data].length)} characters${speed}`;
  }

  ended() {
    this.stopping = null;
    this.root.classList.remove('writing');
    showWriting();
    if (this === active && this.follow) this.look();
  }

  stop() {
    if (!this.stopping) return;
    this.stopping.abort();
    this.stopping = null;
    this.root.classList.remove('writing');
  }

  // A knob has been turned while the text is written: it goes on from here with the new setting.
  changed() {
    if (!this.stopping) return;
    clearTimeout(this.soon);
    this.soon = setTimeout(() => { if (this.stopping) { this.stop(); this.goOn(settings()); showWriting(); } }, 120);
  }

  takePath(symbol) {
    const before = this.text.slice(0, this.cursor);
    const prime = this.primeNode.data.length;
    this.stop();
    if (before.length < prime) this.primeNode.data = before;
    this.drawnNode.data = before.slice(prime) + symbol;
    const from = before.length - this.primeNode.data.length;
    this.branches = this.branches.filter((at) => at < from).concat(from);
    this.left = Math.max(settings().length - [...this.drawnNode.data].length, 100);
    this.paintBranches();
    this.goOn(settings());
    showWriting();
  }

  paintBranches() {
    if (!CSS.highlights) return;
    const ranges = panes.flatMap((pane) => pane.branches.map((at) => {
      const range = new Range();
      range.setStart(pane.drawnNode, at);
      range.setEnd(pane.drawnNode, Math.min(at + 1, pane.drawnNode.length));
      return range;
    }));
    CSS.highlights.set('branch', new Highlight(...ranges));
  }

  // -- the cursor

  activate() {
    if (active === this) return;
    if (active) active.caret.hidden = !active.stopping;
    active = this;
    if (!this.stopping) { this.place(this.cursor || this.text.length); this.look(); }
  }

  // Two ends of one character, for what lies outside the basic plane.
  snap(at) {
    const code = this.text.charCodeAt(at);
    return code >= 0xdc00 && code < 0xe000 ? at - 1 : at;
  }

  rectOf(at) {
    const inPrime = at < this.primeNode.length;
    const node = inPrime ? this.primeNode : this.drawnNode;
    const offset = inPrime ? at : at - this.primeNode.length;
    if (offset >= node.length) return null;
    const range = new Range();
    range.setStart(node, offset);
    range.setEnd(node, Math.min(offset + (this.text.codePointAt(at) > 0xffff ? 2 : 1), node.length));
    const rects = range.getClientRects();
    return rects[rects.length - 1] ?? null;
  }

  place(at) {
    this.cursor = this.snap(Math.max(0, Math.min(at, this.text.length)));
    const box = this.box.getBoundingClientRect();
    const here = this.rectOf(this.cursor);
    const before = this.cursor > 0 ? this.rectOf(this.cursor - 1) : null;
    const rect = here ?? before;
    this.caret.hidden = !rect;
    if (!rect) return;
    const newline = !here && this.text[this.cursor - 1] === '\n';
    const padding = parseFloat(getComputedStyle(this.box).paddingLeft);
    const left = here ? rect.left : newline ? box.left + padding : rect.right;
    this.caret.style.left = `${left - box.left + this.box.scrollLeft - 1}px`;
    this.caret.style.top = `${(newline ? rect.bottom + 5 : rect.top) - box.top + this.box.scrollTop}px`;
    this.caret.style.height = `${rect.height}px`;
    this.caret.firstChild.style.width = here ? `${Math.max(rect.width, 3)}px` : '0';
  }

  point(event) {
    let node, offset;
    if (document.caretPositionFromPoint) {
      const found = document.caretPositionFromPoint(event.clientX, event.clientY);
      if (found) ({ offsetNode: node, offset } = found);
    } else {
      const found = document.caretRangeFromPoint(event.clientX, event.clientY);
      if (found) ({ startContainer: node, startOffset: offset } = found);
    }
    if (!getSelection().isCollapsed) return;
    active = this;
    this.follow = false;
    if (node === this.primeNode) this.place(offset);
    else if (node === this.drawnNode) this.place(this.primeNode.length + offset);
    else this.place(this.text.length);
    this.look();
  }

  key(event) {
    const text = this.text;
    const line = text.lastIndexOf('\n', this.cursor - 1);
    const end = text.indexOf('\n', this.cursor);
    const column = this.cursor - line;
    const moves = {
      ArrowLeft: () => this.snap(Math.max(this.cursor - 1, 0)),
      ArrowRight: () => this.cursor + (text.codePointAt(this.cursor) > 0xffff ? 2 : 1),
      Home: () => (event.ctrlKey ? 0 : line + 1),
      End: () => (event.ctrlKey || end < 0 ? text.length : end),
      ArrowUp: () => {
        if (line < 0) return 0;
        const above = text.lastIndexOf('\n', line - 1);
        return Math.min(above + column, line);
      },
      ArrowDown: () => {
        if (end < 0) return text.length;
        const below = text.indexOf('\n', end + 1);
        return Math.min(end + column, below < 0 ? text.length : below);
      },
    };
    if (!moves[event.key] || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.follow = false;
    this.place(moves[event.key]());
    const top = parseFloat(this.caret.style.top);
    if (top < this.box.scrollTop + 20) this.box.scrollTop = top - 40;
    if (top > this.box.scrollTop + this.box.clientHeight - 50) this.box.scrollTop = top - this.box.clientHeight + 80;
    this.look();
  }

  look() {
    active = this;
    for (const pane of panes) if (pane !== this && !pane.stopping) pane.caret.hidden = true;
    ask(this);
  }
}

// ------------------------------------------------------------------ what comes

let asked = null; // the request under way
let seen = null; // { pane, cursor, chances }
let soon = 0;

function ask(pane) {
  clearTimeout(soon);
  soon = setTimeout(async () => {
    asked?.abort();
    asked = new AbortController();
    const cursor = pane.cursor;
    try {
      const answer = await post('/v1/completions', {
        model: pane.model, prompt: pane.text.slice(0, cursor), max_tokens: 1, temperature: 0,
        logprobs: 1000, skip_unknown: true,
      }, asked.signal);
      if (!panes.includes(pane)) return; // closed meanwhile
      const top = answer.choices[0].logprobs.top_logprobs[0];
      const chances = Object.entries(top).map(([symbol, log]) => ({ symbol, log })).sort((a, b) => b.log - a.log);
      seen = { pane, cursor, chances };
      showBars();
    } catch (error) {
      complain(error);
    }
  }, 40);
}

function showBars() {
  if (!seen) return;
  const { pane, cursor, chances } = seen;
  const list = filtered(chances, pane.temperature, settings());
  const text = pane.text;
  const before = [...text.slice(Math.max(0, cursor - 24), cursor)].slice(-12).map(glyph).join('');
  const there = cursor < text.length ? String.fromCodePoint(text.codePointAt(cursor)) : null;
  $('next-where').textContent = before ? `…${before}` : 'at the beginning';
  const rows = list.slice(0, SHOWN);
  const drawn = list.find((one) => one.symbol === there);
  if (drawn && !rows.includes(drawn)) rows.push(drawn);
  const widest = Math.max(rows[0].share, Math.exp(rows[0].log));
  $('next-bars').replaceChildren(...rows.map((one) => bar(one, one.symbol === there, widest)));
  $('next-hint').hidden = false;
  const here = there === null ? '' : drawn ? `${spoken(there)} ${percent(drawn.share)}; expected ` : `${spoken(there)}; expected `;
  $('next-say').textContent = here + list.slice(0, 3).map((one) => `${spoken(one.symbol)} ${percent(one.share)}`).join(', ');
}

const percent = (share) => (share >= 0.0995 ? `${(share * 100).toFixed(0)} %` : share >= 0.001 ? `${(share * 100).toFixed(1)} %` : share > 0 ? '< 0.1 %' : '–');

function bar(one, drawn, widest) {
  const item = document.createElement('li');
  const button = document.createElement('button');
  button.type = 'button';
  const shape = glyph(one.symbol);
  button.setAttribute('aria-label', `${spoken(one.symbol)}, ${percent(one.share)}${drawn ? ', the one drawn' : ''}: go on from it`);
  button.title = 'Go on from here with this one';
  button.className = `${drawn ? 'drawn ' : ''}${one.share === 0 ? 'out' : one.share < 0.001 ? 'rare' : ''}`;
  const kbd = document.createElement('kbd');
  kbd.textContent = shape;
  if (shape !== one.symbol) kbd.className = 'soft';
  const track = document.createElement('span');
  track.className = 'track';
  const raw = document.createElement('i');
  const now = document.createElement('b');
  raw.style.width = `${Math.exp(one.log) / widest * 100}%`;
  now.style.width = `${one.share / widest * 100}%`;
  track.append(raw, now);
  const figure = document.createElement('span');
  figure.textContent = percent(one.share);
  button.append(kbd, track, figure);
  const { pane, cursor } = seen;
  button.addEventListener('click', () => {
    if (one.symbol.startsWith('bytes:')) return;
    calm();
    pane.cursor = cursor;
    pane.takePath(one.symbol);
  });
  item.append(button);
  return item;
}

// ---------------------------------------------------------------- the whole view

function showWriting() {
  const writing = panes.some((pane) => pane.stopping);
  $('go').textContent = writing ? 'Stop' : 'Write';
  $('go').classList.toggle('stop', writing);
  $('write-say').textContent = writing ? 'writing' : panes.some((pane) => pane.drawn) ? 'written' : '';
}

function open(temperature, model) {
  const pane = new Pane(temperature, model);
  panes.push(pane);
  $('panes').append(pane.root);
  showCount();
  return pane;
}

function close(pane) {
  if (panes.length === 1) return;
  pane.stop();
  pane.root.remove();
  panes = panes.filter((one) => one !== pane);
  if (active === pane) {
    active = null;
    seen = null;
    $('next-bars').replaceChildren();
    panes[0].activate();
  }
  showCount();
  showWriting();
}

function showCount() {
  for (const pane of panes) pane.root.querySelector('.close').hidden = panes.length === 1;
  $('compare').disabled = panes.length >= MOST_PANES;
}

function go() {
  calm();
  if (panes.some((pane) => pane.stopping)) {
    for (const pane of panes) { const was = pane.stopping; pane.stop(); if (was) pane.ended(); }
    showWriting();
    return;
  }
  if (!models.length) {
    complain(new Error('There is no model yet. Train one: on the next page, or with rnn train.'));
    return;
  }
  if ($('seed-new').checked) $('seed').value = String(Math.floor(Math.random() * 1e6));
  if (!panes.includes(active)) active = panes[0];
  for (const pane of panes) pane.start($('prime').value, settings());
  if (CSS.highlights) CSS.highlights.clear();
  showWriting();
}

// Another temperature beside the others: the largest gap between them, or the next model.
function compare() {
  const temperatures = panes.map((pane) => pane.temperature);
  const wished = [0.5, 1, 1.5, 0.2].find((one) => !temperatures.some((other) => Math.abs(one - other) < 0.2)) ?? 0.7;
  const pane = open(wished, panes[panes.length - 1].model);
  const writing = panes.some((one) => one.stopping);
  if (panes[0].text || writing) pane.start($('prime').value, settings()).then(showWriting);
  showWriting();
}

$('write-form').addEventListener('submit', (event) => { event.preventDefault(); go(); });
$('compare').addEventListener('click', compare);
for (const id of ['length', 'top-k', 'top-p'])
  $(id).addEventListener('input', () => {
    showSettings();
    if (id !== 'length') for (const pane of panes) pane.changed();
    showBars();
  });
$('seed').addEventListener('input', () => { $('seed-new').checked = false; });
$('prime').addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); go(); }
});
addEventListener('resize', () => { if (!$('write').hidden) for (const pane of panes) if (!pane.caret.hidden) pane.place(pane.cursor); });

$('length').value = 57;
// On a narrow screen the knobs can be folded away, and are at first.
const wide = matchMedia('(min-width: 44.01rem)');
$('knobs').open = wide.matches;
wide.addEventListener('change', () => { $('knobs').open = wide.matches; });
showSettings();

function labelOf({ name, run }) {
  const nats = run?.best_val_loss ?? run?.val_loss;
  return nats ? `${name} · ${(nats / Math.LN2).toFixed(2)} bits` : name;
}

export function know(list) {
  const now = list.map((one) => ({ name: one.name, label: labelOf(one) }));
  const same = JSON.stringify(now) === JSON.stringify(models);
  models = now;
  if (panes.length === 0) active = open(0.8);
  if (!same) for (const pane of panes) pane.fill();
}

export function choose(name) {
  panes[0].fill(name);
}

export function enter() {
  for (const pane of panes) if (pane.text && (pane === active || pane.stopping)) pane.place(pane.cursor);
  if (wide.matches) $('prime').focus();
}

// The text that was looked at last, and who wrote it.
export function written() {
  const pane = panes.includes(active) ? active : panes[0];
  return { text: pane?.text ?? '', model: pane?.model ?? '' };
}
