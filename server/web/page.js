// SPDX-License-Identifier: MIT
//
// page.js - the tabs, and what all of them know: the models that there are.

import { get, complain } from './talk.js';
import * as write from './write.js';
import * as train from './train.js';
import * as look from './look.js';

const views = { write, train, look };
const tabs = [...document.querySelectorAll('[role=tab]')];
let shown = null;

function show(name) {
  if (!views[name]) name = 'write';
  if (shown === name) return;
  if (shown && views[shown].leave) views[shown].leave();
  shown = name;
  for (const tab of tabs) {
    const chosen = tab.id === `tab-${name}`;
    tab.setAttribute('aria-selected', chosen);
    tab.tabIndex = chosen ? 0 : -1;
    document.getElementById(tab.getAttribute('aria-controls')).hidden = !chosen;
  }
  views[name].enter();
}

for (const tab of tabs) {
  tab.addEventListener('click', () => { location.hash = tab.getAttribute('aria-controls'); });
  tab.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    next.focus();
    next.click();
  });
}

const pulse = document.getElementById('pulse');

// What there is changes while the page is open: runs begin, go on and end.
async function refresh() {
  try {
    const runs = await get('/api/runs');
    const models = (await get('/v1/models')).data.map((model) => model.id);
    const busy = runs.runs.filter((run) => run.training).map((run) => run.name);
    pulse.hidden = busy.length === 0;
    document.getElementById('pulse-text').textContent = `training ${busy.join(', ')}`;
    const known = new Map(runs.runs.map((run) => [run.name, run]));
    const list = models.map((name) => ({ name, run: known.get(name) }));
    write.know(list);
    look.know(list);
    train.know(runs);
  } catch (error) {
    complain(error);
  }
}

export function writeWith(name) {
  location.hash = 'write';
  write.choose(name);
}

addEventListener('hashchange', () => show(location.hash.slice(1)));
addEventListener('runs-changed', refresh);
await refresh();
show(location.hash.slice(1));
setInterval(() => { if (!document.hidden) refresh(); }, 4000);
