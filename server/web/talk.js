// SPDX-License-Identifier: MIT
//
// talk.js - requests to the server that this page came from.

const token = document.querySelector('meta[name=token]').content;

async function check(response) {
  if (response.ok) return response;
  let message = `the server answered ${response.status}`;
  try {
    message = (await response.json()).error.message;
  } catch { /* no words of its own */ }
  throw new Error(message);
}

export async function get(path) {
  return (await check(await fetch(path))).json();
}

function send(path, body, signal) {
  return fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-RNN-Token': token },
    body: JSON.stringify(body),
    signal,
  });
}

export async function post(path, body, signal) {
  return (await check(await send(path, body, signal))).json();
}

// The data of each server-sent event of an answer, until [DONE].
export async function* events(path, body, signal) {
  const response = await check(await send(path, body, signal));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
      const data = text.slice(0, end).split('\n').filter((line) => line.startsWith('data: '))
        .map((line) => line.slice(6)).join('\n');
      if (data === '[DONE]') return;
      if (data) yield JSON.parse(data);
    }
  }
}

const box = document.getElementById('alert');

export function complain(error) {
  if (error && error.name === 'AbortError') return;
  const lost = error instanceof TypeError && /fetch|network|load/i.test(error.message);
  box.textContent = lost ? 'The server does not answer: is rnn serve still running?' : error.message;
  box.hidden = false;
}

export function calm() {
  box.hidden = true;
}

// Names of characters that show nothing.
export function glyph(symbol) {
  const names = { ' ': '␣', '\n': '↵', '\t': '⇥', '\r': '␍', '\0': '␀', '\u00a0': '⍽' };
  if (symbol.startsWith('bytes:\\x')) return symbol.slice(8);
  return names[symbol] ?? symbol;
}

export function spoken(symbol) {
  const names = { ' ': 'space', '\n': 'new line', '\t': 'tab' };
  return names[symbol] ?? glyph(symbol);
}

const counts = new Intl.NumberFormat('en');
export const count = (number) => counts.format(number);

export function span(seconds) {
  if (!isFinite(seconds)) return '–';
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(Math.round(seconds % 60)).padStart(2, '0')}`;
  return `${Math.floor(seconds / 3600)} h ${String(Math.round((seconds % 3600) / 60)).padStart(2, '0')}`;
}
