// SPDX-License-Identifier: MIT
//
// train.js - runs as they learn: begun, watched, stopped and resumed.

import { get, post, complain, calm, count, span } from './talk.js';
import { Chart, short } from './chart.js';
import { writeWith } from './page.js';

const BUDGETS = ['steps', 'epochs']; // one of them takes the place of a time
const ENDED = { stopped: 'stopped', patience: 'validation no longer improves' }; // RNN_ENDED_... in rnn.h
const $ = (id) => document.getElementById(id);

let known = { runs: [], child: null, can_train: false };
let watched = null; // name of the run that is shown
let stream = null;
let story = null;

const isBits = () => document.querySelector('input[name=unit]:checked').value === 'bits';
const inUnit = (nats) => (isBits() ? nats / Math.LN2 : nats);
const shownLoss = (nats) => (nats == null ? '–' : inUnit(nats).toFixed(3));

const charts = {
  loss: new Chart($('chart-loss'), { robust: true, say: (name, y) => `${name === 'val' ? 'validation' : 'training'} ${y.toFixed(3)}` }),
  rate: new Chart($('chart-rate'), { from: 0 }),
  speed: new Chart($('chart-speed'), { from: 0 }),
};

// ---------------------------------------------------------------- the new run

function size(bytes) {
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1e3))} kB`;
}

async function loadForm() {
  try {
    const { corpora, more } = await get('/api/corpora');
    const before = $('corpus').value;
    $('corpus').replaceChildren(...corpora.map(({ path, bytes }) => new Option(`${path} (${size(bytes)})`, path)));
    if (!corpora.length) $('corpus').append(new Option('no text in this folder', ''));
    if (more) { // said, but not to be chosen
      const rest = new Option(`only the first ${corpora.length} are listed`, '');
      rest.disabled = true;
      $('corpus').append(rest);
    }
    if (corpora.some(({ path }) => path === before)) $('corpus').value = before;
    if (!$('settings').childElementCount) showOptions((await get('/api/options')).options.filter(({ name }) => name !== 'time'));
  } catch (error) {
    complain(error);
  }
}

function showOptions(options) {
  const groups = [...new Set(options.map((option) => option.group))];
  for (const group of groups) {
    const title = document.createElement('h3');
    title.textContent = group;
    $('settings').append(title, ...options.filter((option) => option.group === group).map(optionRow));
  }
}

function optionRow(option) {
  const row = document.createElement('div');
  row.className = 'row';
  row.title = `${option.help}${option.allowed ? ` (${option.allowed})` : ''}`;
  const label = document.createElement('label');
  label.htmlFor = `set-${option.name}`;
  label.textContent = option.name.replaceAll('-', ' ');
  let field;
  if (option.type === 'choice' || option.type === 'flag') {
    field = document.createElement('select');
    const words = option.type === 'flag' ? ['1', '0'] : option.choices;
    for (const word of words) field.append(new Option(option.type === 'flag' ? (word === '1' ? 'yes' : 'no') : word, word));
    field.value = option.default;
  } else {
    field = document.createElement('input');
    field.placeholder = option.default;
    field.autocomplete = 'off';
  }
  field.id = label.htmlFor;
  field.dataset.name = option.name;
  field.dataset.default = option.default;
  field.addEventListener('input', () => {
    row.classList.toggle('changed', isChanged(field));
    const changed = changedSettings().length;
    $('settings-count').textContent = changed ? `(${changed} set)` : '';
    $('times').disabled = changedSettings().some((one) => BUDGETS.includes(one.dataset.name));
  });
  row.append(label, field);
  return row;
}

const isChanged = (field) => field.value.trim() !== '' && field.value.trim() !== field.dataset.default;
const changedSettings = () => [...$('settings').querySelectorAll('[data-name]')].filter(isChanged);

async function order(path, body) {
  calm();
  try {
    const { run } = await post(path, body);
    watch(run);
    dispatchEvent(new Event('runs-changed'));
  } catch (error) {
    complain(error);
  }
}

$('train-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const settings = { time: document.querySelector('input[name=time]:checked').value };
  for (const field of changedSettings()) settings[field.dataset.name] = field.value.trim();
  if (BUDGETS.some((name) => settings[name])) delete settings.time;
  order('/api/train', { input: $('corpus').value, name: $('run-name').value.trim(), settings });
});

// -------------------------------------------------------------------- the runs

function runRow(run) {
  const item = document.createElement('li');
  const button = document.createElement('button');
  button.type = 'button';
  button.dataset.run = run.name;
  button.setAttribute('aria-current', run.name === watched);
  const name = document.createElement('span');
  if (run.training) {
    const dot = document.createElement('i');
    dot.className = 'dot';
    name.append(dot);
    button.title = 'is being trained';
  }
  name.append(run.name);
  const figure = document.createElement('span');
  figure.textContent = run.bits;
  button.append(name, figure);
  button.addEventListener('click', () => watch(run.name));
  item.append(button);
  return item;
}

let listed = '';

export function know(runs) {
  known = runs;
  $('train-form').hidden = !runs.can_train;
  const rows = runs.runs.map(({ name, training, best_val_loss: best, val_loss: latest }) => {
    const nats = best ?? latest;
    return { name, training, bits: nats == null ? '' : `${(nats / Math.LN2).toFixed(3)} bits` };
  });
  // What has the focus stays where it is, unless something has changed.
  if (JSON.stringify(rows) !== listed) {
    listed = JSON.stringify(rows);
    const focused = document.activeElement?.dataset?.run;
    $('runs').replaceChildren(...rows.map(runRow));
    if (focused) $('runs').querySelector(`[data-run="${CSS.escape(focused)}"]`)?.focus();
  }
  const none = runs.runs.length === 0 && !watched;
  if (!runs.can_train) $('run-empty').textContent = 'A single model is served, so there is nothing to train or to watch here: start rnn serve without one.';
  $('run-empty').hidden = !none;
  $('run').hidden = none;
  if (watched) showState();
}

function watch(name) {
  stream?.close();
  watched = name;
  story = { state: {}, samples: [] };
  forget();
  followed = true;
  $('run-title').textContent = name;
  $('run').hidden = false;
  $('run-empty').hidden = true;
  for (const button of $('runs').querySelectorAll('button'))
    button.setAttribute('aria-current', button.dataset.run === name);
  stream = new EventSource(`/api/watch?run=${encodeURIComponent(name)}`);
  const own = stream;
  const on = (kind, act) => stream.addEventListener(kind, (event) => { if (stream === own) { act(JSON.parse(event.data)); soonDraw(); } });
  on('log', (lines) => lines.forEach(take));
  // Its beginning comes again after a break in the line.
  stream.addEventListener('open', () => { if (stream === own) forget(); });
  // It tries again by itself, except where it was refused.
  stream.addEventListener('error', () => { if (stream === own) refused(own, name); });
  on('restart', forget);
  on('state', (state) => {
    const was = story.state.training;
    story.state = state;
    if (was !== undefined && was !== state.training) dispatchEvent(new Event('runs-changed'));
  });
  on('samples', async () => {
    try {
      const { samples } = await get(`/api/samples?run=${encodeURIComponent(name)}`);
      if (watched === name) { story.samples = samples; showSamples(); }
    } catch (error) { complain(error); }
  });
  draw();
}

async function refused(own, name) {
  if (own.readyState !== EventSource.CLOSED) return;
  // The run may be gone; else too many are watching, or nobody answers, and that may pass.
  let passes = true;
  try {
    await get(`/api/samples?run=${encodeURIComponent(name)}`);
  } catch (error) {
    passes = error instanceof TypeError;
    complain(error);
  }
  if (passes) setTimeout(() => { if (stream === own) watch(name); }, 5000);
}

function forget() {
  Object.assign(story, { progress: [], validations: [], settings: {}, text: {}, plan: [], notices: [], last: {}, done: null, parameters: null });
}

// One line of the log.
function take(line) {
  Object.assign(story.last, line);
  if (line.event !== 'notice' && line.event !== 'done') story.done = null;
  if (line.event === 'start' || line.event === 'resume') {
    story.settings = line.settings ?? {};
    story.text = line.text ?? {};
    story.parameters = line.parameters;
    if (!known.runs.some((run) => run.name === watched)) dispatchEvent(new Event('runs-changed'));
  }
  if (line.event === 'plan') story.plan = line.reasons ?? [];
  if (line.event === 'notice') story.notices.push(line.text);
  if (line.event === 'progress') { backTo(story.progress, line.step); story.progress.push(line); }
  if (line.event === 'validation') { backTo(story.validations, line.step); story.validations.push({ ...line, training: story.progress.at(-1)?.loss }); }
  if (line.event === 'done') story.done = line.why;
}

// After a divergence a run goes on from an earlier step.
function backTo(list, step) {
  while (list.length && list.at(-1).step >= step) list.pop();
}

let drawing = 0;
function soonDraw() {
  if (!drawing) drawing = requestAnimationFrame(() => { drawing = 0; draw(); });
}

function fraction() {
  const { settings, last } = story;
  const parts = [settings.time > 0 && last.seconds / settings.time, settings.steps > 0 && last.step / settings.steps,
    settings.epochs > 0 && last.epoch / settings.epochs].filter((one) => one !== false && isFinite(one));
  return parts.length ? Math.min(1, Math.max(...parts)) : NaN;
}

function draw() {
  if (document.getElementById('train').hidden) return;
  const { progress, validations } = story;
  const points = (list, key, map = (one) => one) => list.filter((one) => one[key] != null).map((one) => ({ x: one.step, y: map(one[key]) }));
  charts.loss.show([{ name: 'train', points: points(progress, 'loss', inUnit) }, { name: 'val', points: points(validations, 'val_loss', inUnit) }],
    `Loss in ${isBits() ? 'bits' : 'nats'} per character: training ${shownLoss(progress.at(-1)?.loss)}, validation ${shownLoss(validations.at(-1)?.val_loss)} at step ${story.last.step ?? 0}`);
  charts.rate.show([{ name: 'rate', points: points(progress, 'learning_rate') }], `Learning rate, now ${short(progress.at(-1)?.learning_rate ?? 0)}`);
  charts.speed.show([{ name: 'speed', points: points(progress, 'characters_per_second') }], `Characters a second, now ${short(progress.at(-1)?.characters_per_second ?? 0)}`);
  showFigures();
  showState();
  showPlan();
  showSample();
}

function showFigures() {
  const now = story.progress.at(-1) ?? {};
  const best = story.validations.reduce((least, one) => Math.min(least, one.val_loss), Infinity);
  const part = fraction();
  const left = story.state.training && part > 0 ? story.last.seconds * (1 - part) / part : NaN;
  const unit = isBits() ? 'bits' : 'nats';
  const figures = [
    ['training', shownLoss(now.loss), unit],
    ['best validation', shownLoss(isFinite(best) ? best : null), unit],
    ['step', count(story.last.step ?? 0), story.last.epoch ? `epoch ${story.last.epoch.toFixed(2)}` : ''],
    ['learning rate', now.learning_rate == null ? '–' : short(now.learning_rate), ''],
    ['speed', now.characters_per_second == null ? '–' : short(Math.round(now.characters_per_second)), 'a second'],
    story.state.training ? ['left', span(left), ''] : ['trained', span(story.last.seconds ?? NaN), ''],
  ];
  $('run-figures').replaceChildren(...figures.map(([name, value, small]) => {
    const box = document.createElement('div');
    const term = document.createElement('dt');
    const number = document.createElement('dd');
    const behind = document.createElement('small');
    term.textContent = name;
    number.textContent = `${value} `;
    behind.textContent = small;
    number.append(behind);
    box.append(term, number);
    return box;
  }));
  const percent = isFinite(part) ? part * 100 : 0;
  $('run-progress').firstChild.style.width = `${percent}%`;
  $('run-progress').setAttribute('aria-valuenow', Math.round(percent));
}

function shape() {
  const { settings, parameters, text } = story;
  if (!settings.hidden_size || !parameters) return '';
  return `${settings.num_layers} × ${settings.hidden_size} ${settings.cell}, ${count(parameters)} parameters, on ${count(text.symbols)} characters`;
}

function words() {
  const { state, done } = story;
  if (state.stopping && state.training) return 'saving, then stopping …';
  if (state.training) return story.progress.length ? shape() : 'reading the text and measuring this machine …';
  // A process that a signal has ended has 128 and more, and may have ended well before.
  if (state.said && state.code > 0 && (state.code < 128 || !done)) return state.said;
  if (done === ENDED.stopped) return `stopped. ${shape()}`;
  if (done) return `done: ${done}. ${shape()}`;
  return story.progress?.length ? `interrupted. ${shape()}` : '';
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function showState() {
  const run = known.runs.find((one) => one.name === watched);
  const { state, done } = story;
  const ended = !state.training && known.can_train && story.last.step > 0;
  setText($('run-state'), words());
  $('run-stop').hidden = !(state.ours && state.training);
  $('run-stop').disabled = Boolean(state.stopping);
  $('run-resume').hidden = !(ended && (!done || done === ENDED.stopped));
  $('run-more').hidden = !(ended && done && done !== ENDED.stopped);
  $('run-write').hidden = !run?.model;
}

function showPlan() {
  const lines = [...story.plan, ...story.notices];
  $('plan-box').hidden = lines.length === 0;
  if ($('plan').childElementCount !== lines.length)
    $('plan').replaceChildren(...lines.map((line) => { const item = document.createElement('li'); item.textContent = line; return item; }));
  $('table-box').hidden = story.validations.length === 0;
  $('table').replaceChildren(...story.validations.map((one) => {
    const row = document.createElement('tr');
    for (const cell of [count(one.step), one.epoch?.toFixed(2), shownLoss(one.training), shownLoss(one.val_loss)]) {
      const field = document.createElement('td');
      field.textContent = cell;
      row.append(field);
    }
    return row;
  }));
}

$('run-stop').addEventListener('click', async () => {
  try { await post('/api/stop', {}); } catch (error) { complain(error); }
});
$('run-resume').addEventListener('click', () => order('/api/resume', { run: watched }));
$('run-more').addEventListener('click', () => {
  const settings = { time: Math.round((story.last.seconds ?? 0) + 300) };
  if (story.done === ENDED.patience) settings.patience = 0; // or it would end at once
  order('/api/resume', { run: watched, settings });
});
$('run-write').addEventListener('click', () => writeWith(watched));
for (const radio of document.querySelectorAll('input[name=unit]')) radio.addEventListener('change', draw);

// ---------------------------------------------------------------- the samples

let followed = true;

function showSamples() {
  const { samples } = story;
  $('strip').max = Math.max(0, samples.length - 1);
  $('strip').disabled = samples.length < 2;
  if (followed) $('strip').value = samples.length - 1;
  showSample();
}

function showSample() {
  const sample = story.samples[+$('strip').value];
  $('strip-out').textContent = sample ? `after ${count(sample.step)} steps, epoch ${sample.epoch.toFixed(2)}, ${shownLoss(sample.loss)} ${isBits() ? 'bits' : 'nats'}` : 'none yet: the first comes after 100 steps';
  $('strip').setAttribute('aria-valuetext', $('strip-out').textContent);
  $('strip-text').textContent = sample ? sample.text : '';
}

$('strip').addEventListener('input', () => {
  followed = +$('strip').value === story.samples.length - 1;
  showSample();
});

export function enter() {
  loadForm();
  const first = known.runs.find((run) => run.training) ?? known.runs[0];
  if (watched || first) watch(watched ?? first.name);
}

// A browser keeps few connections to one host: this one would be missed elsewhere.
export function leave() {
  stream?.close();
}
