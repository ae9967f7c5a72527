// SPDX-License-Identifier: MIT
//
// chart.js - lines over steps: a few ticks, a cross under the pointer.

const NS = 'http://www.w3.org/2000/svg';

function make(name, attributes, parent) {
  const element = document.createElementNS(NS, name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  parent?.append(element);
  return element;
}

// Round numbers from low to high, about `wanted` of them.
export function ticks(low, high, wanted) {
  const raw = (high - low) / wanted;
  if (!(raw > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= raw);
  const list = [];
  for (let at = Math.ceil(low / step - 1e-9) * step; at <= high + step * 1e-9; at += step) list.push(at);
  return list;
}

export function short(number) {
  const size = Math.abs(number);
  if (size >= 1e6) return `${+(number / 1e6).toPrecision(3)}M`;
  if (size >= 1e4) return `${+(number / 1e3).toPrecision(3)}k`;
  if (size > 0 && size < 1e-3) return number.toExponential(1).replace('.0e', 'e');
  return `${+number.toPrecision(3)}`;
}

// At most `room` points: the first, last, least and greatest of each stretch.
export function thin(points, room) {
  if (points.length <= room) return points;
  const stretch = Math.ceil(points.length / room * 4);
  const kept = [];
  for (let i = 0; i < points.length; i += stretch) {
    const part = points.slice(i, i + stretch);
    let low = 0, high = 0;
    part.forEach((one, j) => { if (one.y < part[low].y) low = j; if (one.y > part[high].y) high = j; });
    for (const j of [...new Set([0, low, high, part.length - 1])].sort((a, b) => a - b)) kept.push(part[j]);
  }
  return kept;
}

export class Chart {
  // say: what a point is called, (series name, value) => text
  constructor(root, { from = null, robust = false, say = (name, y) => short(y) }) {
    this.root = root;
    this.from = from;
    this.robust = robust;
    this.say = say;
    this.series = [];
    this.svg = make('svg', { role: 'img' }, root);
    new ResizeObserver(() => this.draw()).observe(root);
    root.addEventListener('pointermove', (event) => { this.at = event.clientX; this.cross(); });
    root.addEventListener('pointerleave', () => { this.at = null; this.cross(); });
  }

  // series: [{ name, points: [{ x, y }] }]; label: what it shows, in words
  show(series, label) {
    this.series = series;
    this.svg.setAttribute('aria-label', label);
    this.draw();
  }

  ranges() {
    const points = this.series.flatMap((one) => one.points);
    const xs = points.map((point) => point.x);
    const ys = points.map((point) => point.y).sort((a, b) => a - b);
    // The first moments of a loss would flatten all that comes after.
    const top = this.robust && ys.length > 40 ? ys[Math.floor(ys.length * 0.985)] : ys[ys.length - 1];
    let low = this.from ?? ys[0], high = top;
    if (!(high > low)) { high = low + Math.abs(low || 1) * 0.1; if (this.from === null) low -= Math.abs(low || 1) * 0.1; }
    const margin = (high - low) * 0.06;
    return { right: Math.max(...xs, 1), low: this.from ?? low - margin, high: high + margin };
  }

  draw() {
    const width = this.root.clientWidth, height = this.root.clientHeight;
    this.svg.replaceChildren();
    if (!width || !this.series.some((one) => one.points.length)) return;
    const box = { left: 42, top: 8, right: width - 10, bottom: height - 22 };
    const { right, low, high } = this.ranges();
    const x = (value) => box.left + value / right * (box.right - box.left);
    const y = (value) => box.bottom - (value - low) / (high - low) * (box.bottom - box.top);
    this.view = { x, y, box, right };
    this.svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    for (const tick of ticks(low, high, height > 160 ? 5 : 2)) {
      make('line', { class: 'grid', x1: box.left, x2: box.right, y1: y(tick), y2: y(tick) }, this.svg);
      make('text', { x: box.left - 8, y: y(tick) + 4, 'text-anchor': 'end' }, this.svg).textContent = short(tick);
    }
    for (const tick of ticks(0, right, width > 500 ? 6 : 3))
      make('text', { x: x(tick), y: height - 4, 'text-anchor': tick === 0 ? 'start' : x(tick) > box.right - 20 ? 'end' : 'middle' }, this.svg).textContent = short(tick);
    for (const one of this.series) {
      const points = thin(one.points.filter((point) => point.y <= high), 900);
      const path = points.map((point, i) => `${i ? 'L' : 'M'}${x(point.x).toFixed(1)} ${y(point.y).toFixed(1)}`).join('');
      make('path', { class: `line ${one.name}`, d: path }, this.svg);
      if (points.length === 1 || (one.name === 'val' && points.length < 60))
        for (const point of points) make('circle', { class: `point ${one.name}`, r: 2.6, cx: x(point.x), cy: y(point.y) }, this.svg);
    }
    this.marks = make('g', {}, this.svg);
    this.cross();
  }

  cross() {
    if (!this.marks) return;
    this.marks.replaceChildren();
    if (this.at == null || !this.view) return;
    const { box, right } = this.view;
    const place = this.at - this.root.getBoundingClientRect().left;
    if (place < box.left || place > box.right) return;
    const step = (place - box.left) / (box.right - box.left) * right;
    const words = [`step ${short(Math.round(step))}`];
    for (const one of this.series) {
      const near = one.points.reduce((best, point) => (Math.abs(point.x - step) < Math.abs(best.x - step) ? point : best), one.points[0]);
      if (near) words.push(this.say(one.name, near.y));
    }
    make('line', { class: 'cross', x1: place, x2: place, y1: box.top, y2: box.bottom }, this.marks);
    const late = place > (box.left + box.right) / 2;
    make('text', { class: 'tip', x: place + (late ? -8 : 8), y: box.top + 10, 'text-anchor': late ? 'end' : 'start' }, this.marks)
      .textContent = words.join(' · ');
  }
}
