# SPDX-License-Identifier: MIT
#
# page.py RNN PICTURES - the page in a real Chromium: written with, trained with, looked
# inside with; then what a foreign page can do, which is nothing.
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import urllib.request

import browser

rnn, pictures = (os.path.abspath(path) for path in sys.argv[1:3])
os.makedirs(pictures, exist_ok=True)


def shoot(window, name):
    window.shoot(os.path.join(pictures, name + '.png'))


def line(i):
    did = ('sat on mat', 'ran to the door', 'was red')
    said = ', and '.join(did[(i * k + k) % 3] for k in range(1, 2 + i * 7 % 3))
    return f'The cat {did[i % 3]}, and "the dog {said}" {did[(i + 1) % 3]} {i % 7}.\n'


def make_folder(folder):
    with open(os.path.join(folder, 'book.txt'), 'w') as text:
        text.writelines(line(i) for i in range(3000))
    with open(os.path.join(folder, 'other.txt'), 'w') as text:
        text.writelines(line(i * i) for i in range(4000, 4400))
    subprocess.run([rnn, 'train', 'book.txt', '--name', 'first', '--hidden-size', '48', '--steps', '400',
                    '--num-layers', '1', '--threads', '1', '--quiet'], cwd=folder, check=True)


def serve(folder):
    process = subprocess.Popen([rnn, 'serve', '--port', '0', '--quiet'], cwd=folder, text=True,
                               stdout=subprocess.PIPE)
    return process, process.stdout.readline().strip()


# ------------------------------------------------------------------- our page

def check_write(window):
    window.type('#prime', 'The cat')
    window.click('#go')
    text = window.wait("""const text = document.querySelector('.pane .text').textContent;
        return document.getElementById('go').textContent === 'Write' && text.length > 500 && text""")
    assert text.startswith('The cat'), text[:60]
    # What was expected at a place, and another path from there.
    window.wait("return document.querySelectorAll('#next-bars li').length > 5")
    window.run("""const box = document.querySelector('.pane .text'); box.focus();
        for (const key of ['Home', 'ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowRight'])
            box.dispatchEvent(new KeyboardEvent('keydown', { key, ctrlKey: key === 'Home', bubbles: true, cancelable: true }))""")
    drawn = window.wait("return document.getElementById('next-where').textContent === '…The␣' && document.querySelector('#next-bars .drawn kbd')?.textContent")
    assert drawn == 'c', drawn
    # Who does not see it is told the same.
    said = window.run("return document.getElementById('next-say').textContent")
    assert said.startswith('c ') and '; expected ' in said, said
    window.run("document.querySelectorAll('#next-bars button')[1].click()")
    other = window.wait("""const text = document.querySelector('.pane .text').textContent;
        return document.getElementById('go').textContent === 'Write' && text.length > 500 && text""")
    assert other[:4] == 'The ' and other[4] != 'c', other[:20]
    # The same seed writes the same text.
    window.run("document.getElementById('seed-new').checked = false")
    written = []
    for _ in range(2):
        window.click('#go')
        written.append(window.wait("""const text = document.querySelector('.pane .text').textContent;
            return document.getElementById('go').textContent === 'Write' && text.length > 500 && text"""))
    assert written[0] == written[1]
    # A long text is stopped on the way.
    window.run("""const length = document.getElementById('length'); length.value = 100;
        length.dispatchEvent(new Event('input'))""")
    window.run("""const go = document.getElementById('go'), text = document.querySelector('.pane .text');
        const begun = new Promise((done) => new MutationObserver((changes, observer) => {
            if (text.textContent.length < 8) return;
            observer.disconnect();
            go.click();
            done();
        }).observe(text, { characterData: true, subtree: true }));
        go.click();
        await begun;""")
    stopped = window.text('.pane .text')
    assert 7 < len(stopped) < 20000 and window.text('#go') == 'Write', len(stopped)
    # Several side by side.
    window.run("""const length = document.getElementById('length'); length.value = 20;
        length.dispatchEvent(new Event('input'))""")
    window.click('#compare')
    window.click('#go')
    window.wait("""return document.getElementById('go').textContent === 'Write' &&
        [...document.querySelectorAll('.pane .text')].filter((box) => box.textContent.length > 100).length === 2""")
    shoot(window, 'write')


def check_train(window):
    window.click('#tab-train')
    window.wait("return document.querySelector('#corpus option')?.value === 'book.txt' && document.getElementById('set-steps')")
    window.run("""document.querySelector('.settings').open = true;
        for (const [name, value] of Object.entries({ 'hidden-size': '32', 'num-layers': '1', 'batch-size': '16',
            'seq-length': '32', steps: '1500', threads: '1' })) {
            const field = document.getElementById('set-' + name);
            field.value = value;
            field.dispatchEvent(new Event('input', { bubbles: true }));
        }
        document.querySelector('.settings').open = false;""")
    window.type('#run-name', 'second')
    window.click('#train-form .main')
    path = "(document.querySelector('#chart-loss .line.train')?.getAttribute('d') ?? '')"
    first = window.wait(f"return document.getElementById('run-title').textContent === 'second' && {path}.length > 20 && {path}")
    moved = window.wait(f"return {path} !== arguments[0] && {path}", first)
    assert moved != first
    window.wait("return document.getElementById('run-state').textContent.startsWith('done')", seconds=90)
    samples = window.wait("return +document.getElementById('strip').max >= 4 && +document.getElementById('strip').max")
    last = window.text('#strip-text')
    window.run("""const strip = document.getElementById('strip'); strip.value = 0;
        strip.dispatchEvent(new Event('input'))""")
    assert window.text('#strip-text') != last and 'after 100 steps' in window.text('#strip-out'), samples
    bits = window.text('#run-figures dd')
    window.run("document.querySelector('input[name=unit][value=nats]').click()")
    assert window.text('#run-figures dd') != bits
    shoot(window, 'train')
    # Stopped and resumed.
    window.run("document.getElementById('run-more').click()")
    window.wait("return !document.getElementById('run-stop').hidden && !document.getElementById('run-stop').disabled")
    window.wait("return document.getElementById('run-state').textContent.includes('parameters')")
    window.click('#run-stop')
    window.wait("return document.getElementById('run-state').textContent.startsWith('stopped')")
    window.wait("return !document.getElementById('run-resume').hidden")


def check_look(window):
    window.click('#tab-look')
    window.run("""const text = document.getElementById('look-text');
        text.value = 'The cat sat on mat 3, and the "dog" ran.'; text.dispatchEvent(new Event('input'))""")
    window.wait("return document.querySelectorAll('#look-view span').length === 40")
    color = "return document.querySelectorAll('#look-view span')[6].style.backgroundColor"
    before = window.wait(color)
    window.run("""const unit = document.getElementById('look-unit'); unit.value = (+unit.value + 5) % 32;
        unit.dispatchEvent(new Event('input'))""")
    assert window.run(color) != before
    window.run("document.querySelector('input[name=look-as][value=grid]').click()")
    window.wait("return document.querySelectorAll('#look-view i').length === 200")
    shoot(window, 'look')
    window.run("document.querySelector('input[name=look-as][value=text]').click()")


def check_gallery(window):
    # In what was held out of the training, then in another text.
    window.run("""const model = document.getElementById('look-model'); model.value = 'first';
        model.dispatchEvent(new Event('change'))""")
    window.click('#found-go')
    window.wait("return document.getElementById('found-say').textContent.includes('of the validation part of book.txt')")
    window.run("""const text = document.getElementById('found-text'); text.value = 'other.txt';
        text.dispatchEvent(new Event('change'))""")
    window.click('#found-go')
    window.wait("return document.querySelectorAll('#found-list button').length > 0")
    assert 'of other.txt' in window.text('#found-say'), window.text('#found-say')
    # The reader's own text stays, and shows the unit.
    own = window.run("return document.getElementById('look-text').value")
    window.run("document.querySelectorAll('#found-list button')[0].click()")
    first = window.wait("return document.querySelector('#found-list [aria-pressed=true]').title")
    assert window.run("return document.getElementById('look-text').value") == own
    title = window.text('#look-title')  # "Unit 7 of layer 0"
    assert first.startswith(title[0].lower() + title[1:]), (first, title)
    assert window.run("return document.getElementById('look-key').hidden")
    # Where there is none, a piece comes with it, underlined where it is so.
    window.run("""const text = document.getElementById('look-text'); text.value = '';
        text.dispatchEvent(new Event('input'));
        [...document.querySelectorAll('#found-list button')].find((button) => button.title.includes('AUC')).click()""")
    window.wait("return document.querySelectorAll('#look-view .inside').length > 5")
    what = window.text('#look-what')
    assert window.text('#found-list [aria-pressed=true] span') == what, what
    assert not window.run("return document.getElementById('look-key').hidden")
    shoot(window, 'gallery')
    # Another unit: nothing is said of it.
    window.run("""const unit = document.getElementById('look-unit'); unit.value = (+unit.value + 1) % 48;
        unit.dispatchEvent(new Event('input'))""")
    assert window.run("return document.querySelectorAll('#look-view .inside, #found-list [aria-pressed=true]').length") == 0


def check_sizes(window):
    for dark in (False, True):
        for width, height in ((1280, 800), (390, 844)):
            window.look(width, height, dark, touch=width < 500)
            for tab in ('write', 'train', 'look'):
                window.click(f'#tab-{tab}')
                wide = window.run('return document.documentElement.scrollWidth')
                assert wide <= width, f'{tab} is {wide} wide in a window of {width}'
                shoot(window, f'{tab}-{width}-{"dark" if dark else "light"}')
            assert window.run("return document.getElementById('knobs').open") == (width > 500)
    # Everything that can be used has a name.
    nameless = window.run("""return [...document.querySelectorAll('button, input, select, textarea, [role=textbox]')]
        .filter((one) => !(one.labels?.length || one.getAttribute('aria-label') || one.getAttribute('aria-labelledby') || one.textContent.trim()))
        .map((one) => one.outerHTML)""")
    assert not nameless, nameless


# ------------------------------------------------------------- a foreign page

class Foreign(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Type', 'text/html')
        self.end_headers()
        self.wfile.write(b'<!doctype html><title>foreign</title><body>')

    def log_message(self, *words):
        pass


ATTACKS = """
const [base, token] = arguments, read = [], order = JSON.stringify({ input: 'book.txt', name: 'stolen' });
const paths = ['/', '/health', '/v1/models', '/api/runs', '/api/corpora', '/api/samples?run=first', '/page.js'];
const attempt = async (name, act) => { try { const got = await act(); if (got) read.push(`${name}: ${String(got).slice(0, 80)}`); } catch { } };
for (const path of paths) {
  await attempt(`fetch ${path}`, async () => (await fetch(base + path)).text());
  await attempt(`no-cors ${path}`, async () => (await fetch(base + path, { mode: 'no-cors', credentials: 'include' })).text());
}
for (const path of ['/api/train', '/api/stop', '/api/resume', '/v1/completions', '/api/look', '/api/neurons'])
  for (const type of ['text/plain', 'application/json', 'application/x-www-form-urlencoded'])
    for (const mode of ['cors', 'no-cors']) {
      const headers = { 'Content-Type': type };
      if (mode === 'cors') headers['X-RNN-Token'] = token;
      await attempt(`${mode} ${type} ${path}`, async () => (await fetch(base + path, { method: 'POST', mode, headers, body: order })).text());
    }
await attempt('beacon', async () => { navigator.sendBeacon(base + '/api/train', new Blob([order], { type: 'text/plain' })); });
for (const enctype of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])
  await attempt('form', () => new Promise((done) => {
    const frame = Object.assign(document.createElement('iframe'), { name: 'sink' + enctype });
    const form = Object.assign(document.createElement('form'), { method: 'POST', action: base + '/api/train', target: frame.name, enctype });
    form.append(Object.assign(document.createElement('input'), { name: '{"input":"book.txt","x":"', value: '"}' }));
    document.body.append(frame, form);
    frame.onload = () => { let text = ''; try { text = frame.contentDocument.body.textContent; } catch { } done(text); };
    form.submit();
    setTimeout(() => done(''), 3000);
  }));
for (const path of ['/api/watch?run=first', '/api/watch'])
  await attempt(`events ${path}`, () => new Promise((done) => {
    const stream = new EventSource(base + path);
    stream.onopen = () => done('open');
    stream.onerror = () => { stream.close(); done(''); };
    setTimeout(() => done(''), 3000);
  }));
await attempt('frame', () => new Promise((done) => {
  const frame = Object.assign(document.createElement('iframe'), { src: base + '/' });
  document.body.append(frame);
  frame.onload = () => { let text = ''; try { text = frame.contentDocument.title; } catch { } done(text === 'rnn' ? text : ''); };
  setTimeout(() => done(''), 3000);
}));
for (const path of ['/page.js', '/api/runs'])
  await attempt(`script ${path}`, () => new Promise((done) => {
    const script = Object.assign(document.createElement('script'), { src: base + path, type: path.endsWith('.js') ? 'module' : '' });
    script.onload = () => done('loaded');
    script.onerror = () => done('');
    document.body.append(script);
  }));
await attempt('style', () => new Promise((done) => {
  const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: base + '/page.css' });
  link.onload = () => done('loaded');
  link.onerror = () => done('');
  document.head.append(link);
}));
await attempt('image', () => new Promise((done) => {
  const image = new Image();
  image.onload = () => done('loaded');
  image.onerror = () => done('');
  image.src = base + '/icon.svg';
}));
return read;
"""


def runs_of(address):
    return json.load(urllib.request.urlopen(address + 'api/runs'))


def check_foreign(window, address, token):
    base = address.rstrip('/')
    port = address.rstrip('/').split(':')[-1]
    other = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Foreign)
    threading.Thread(target=other.serve_forever, daemon=True).start()
    before = runs_of(address)
    child = before['child']
    # Another port is another origin, and another name is another site.
    for origin in (f'http://127.0.0.1:{other.server_port}', f'http://evil.example:{other.server_port}'):
        window.go(origin + '/')
        assert window.run('return document.title') == 'foreign'
        for target in (base, f'http://localhost:{port}', f'http://evil.example:{port}'):
            read = window.run(ATTACKS, target, token)
            assert not read, f'{origin} read from {target}: {read}'
    # A name that comes to point here: same origin for the browser, not for us.
    window.go(f'http://evil.example:{port}/')
    assert window.run('return document.title') != 'rnn'
    answers = window.run("""const got = [];
        for (const path of ['/', '/api/runs', '/v1/models']) got.push((await fetch(path)).status);
        got.push((await fetch('/api/train', { method: 'POST', body: '{"input":"book.txt"}',
            headers: { 'Content-Type': 'application/json', 'X-RNN-Token': arguments[0] } })).status);
        return got""", token)
    assert answers == [421] * 4, answers
    after = runs_of(address)
    assert [run['name'] for run in after['runs']] == [run['name'] for run in before['runs']]
    assert after['child'] == child
    other.shutdown()


# ------------------------------------------------------------------------ all

def main():
    if not browser.is_there():
        print('skipped: chromium and chromedriver are not installed')
        sys.exit(77)
    with tempfile.TemporaryDirectory(prefix='rnn-page-') as folder:
        make_folder(folder)
        process, address = serve(folder)
        window = browser.Browser(hosts={'evil.example': '127.0.0.1'})
        try:
            window.look(1280, 900)
            window.go(address)
            window.wait("return document.querySelector('.pane select option')?.value === 'first'")
            token = window.run("return document.querySelector('meta[name=token]').content")
            check_write(window)
            check_train(window)
            check_look(window)
            check_gallery(window)
            check_sizes(window)
            complaints = window.complaints()
            assert not complaints, complaints
            check_foreign(window, address, token)
        finally:
            window.close()
            process.terminate()
            code = process.wait(20)
    assert code == 128 + 15, code
    print(f'pictures are in {pictures}')


main()
