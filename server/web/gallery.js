// SPDX-License-Identifier: MIT
//
// gallery.js - the units of a model that can be read: searched for, and taken to be looked at.

import { get, post, complain, calm, count } from './talk.js';

const $ = (id) => document.getElementById(id);
const found = new Map(); // answers, by model and text
let model = '';
let taken = null; // the finding that is looked at
let take = () => {};
let pending = null;

const key = () => `${model}\n${$('found-text').value}`;

// --------------------------------------------------------------------- search

async function search() {
  const asked = key();
  pending?.abort();
  pending = new AbortController();
  wait(true);
  try {
    const answer = await post('/api/neurons', { model, text: $('found-text').value }, pending.signal);
    calm();
    found.set(asked, answer);
    wait(false);
    show();
    document.querySelector('#found-list button')?.focus({ preventScroll: true });
  } catch (error) {
    if (error.name === 'AbortError') return; // another one has begun
    wait(false);
    complain(error);
  }
}

function wait(waits) {
  $('found').setAttribute('aria-busy', waits);
  $('found-go').disabled = waits || !model;
  $('found-go').textContent = waits ? 'Reading …' : 'Find them';
}

// ----------------------------------------------------------------------- list

function say(answer) {
  if (!answer) return 'Which units follow something that has a name: quotes, brackets, the line, a word?';
  const share = (100 * answer.readable / answer.units).toFixed(1);
  const of = `${count(answer.characters)} characters of ${answer.text}`;
  return answer.found.length
    ? `In ${of}, ${count(answer.readable)} of ${count(answer.units)} units (${share} %) can be read. Those most clearly ahead of chance:`
    : `In ${of} no unit is clearly ahead of chance.`;
}

function row(finding) {
  const name = finding.graded ? 'r' : 'AUC';
  const least = finding.graded ? 0 : 0.5;
  const button = document.createElement('button');
  button.type = 'button';
  button.title = `unit ${finding.unit} of layer ${finding.layer}${finding.falls ? ', falls' : ''}: ${name} ${finding.score.toFixed(3)}; chance ${finding.chance.toFixed(3)}; the character alone ${finding.alone.toFixed(3)}`;
  const what = document.createElement('span');
  what.textContent = finding.what;
  const score = document.createElement('span');
  score.textContent = `${name} ${finding.score.toFixed(3)}`;
  const bar = document.createElement('i');
  bar.style.width = `${Math.max(0, 100 * (finding.score - least) / (1 - least)).toFixed(1)}%`;
  button.append(what, score, bar);
  button.setAttribute('aria-pressed', finding === taken);
  button.addEventListener('click', () => {
    taken = finding;
    press();
    take(finding);
  });
  const item = document.createElement('li');
  item.append(button);
  return item;
}

function press() {
  const findings = found.get(key())?.found ?? [];
  document.querySelectorAll('#found-list button').forEach((button, i) => button.setAttribute('aria-pressed', findings[i] === taken));
}

function show() {
  const answer = found.get(key());
  $('found-say').textContent = say(answer);
  $('found-list').replaceChildren(...(answer?.found ?? []).map(row));
  $('found-go').hidden = Boolean(answer);
}

$('found-go').addEventListener('click', search);
$('found-text').addEventListener('change', show);

// ------------------------------------------------------------------- the view

// Whoever looks is told by take(finding) what was taken.
export function open(receiver) {
  take = receiver;
  show();
  get('/api/corpora').then(({ corpora }) => {
    const before = $('found-text').value;
    $('found-text').replaceChildren(new Option('what the model was trained on', ''), ...corpora.map(({ path }) => new Option(path, path)));
    if (corpora.some(({ path }) => path === before)) $('found-text').value = before;
    show();
  }).catch(complain);
}

export function of(name) {
  if (model === name) return;
  model = name;
  pending?.abort();
  wait(false);
  show();
}

// Another unit or text is looked at than was taken from here.
export function leave() {
  taken = null;
  press();
}
