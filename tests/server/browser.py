# SPDX-License-Identifier: MIT
#
# browser.py - a real Chromium by the WebDriver protocol (W3C), which is JSON over HTTP:
# chromedriver and Python's own library are all that it takes.
import base64
import json
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'


def is_there():
    return bool(shutil.which('chromedriver') and find_chromium())


def find_chromium():
    for name in ('chromium', 'chromium-browser', 'google-chrome'):
        if shutil.which(name):
            return shutil.which(name)
    return None


class Browser:
    """One window. hosts maps names to addresses, as a resolver would."""

    def __init__(self, hosts=None):
        self.folder = tempfile.mkdtemp(prefix='rnn-chromium-')
        self.driver = subprocess.Popen(['chromedriver', '--port=0'], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True)
        port = None
        for line in self.driver.stdout:
            if 'started successfully on port' in line:
                port = int(line.rstrip('. \n').split()[-1])
                break
        self.base = f'http://127.0.0.1:{port}'
        arguments = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
                     f'--user-data-dir={self.folder}', '--hide-scrollbars']
        if hosts:
            rules = ','.join(f'MAP {name} {address}' for name, address in hosts.items())
            arguments.append(f'--host-resolver-rules={rules}')
        options = {'binary': find_chromium(), 'args': arguments}
        made = self.call('POST', '/session', {'capabilities': {'alwaysMatch': {
            'browserName': 'chrome', 'goog:chromeOptions': options,
            'goog:loggingPrefs': {'browser': 'ALL'}}}})
        self.base += '/session/' + made['sessionId']

    def close(self):
        try:
            self.call('DELETE', '', None)
        finally:
            self.driver.terminate()
            self.driver.wait()
            shutil.rmtree(self.folder, ignore_errors=True)

    def call(self, method, path, body):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {'Content-Type': 'application/json'},
                                         method=method)
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:
                return json.load(answer)['value']
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)['value']['message']) from None

    def go(self, address):
        self.call('POST', '/url', {'url': address})

    def run(self, script, *arguments):
        """The body of a function; a promise that it returns is waited for."""
        return self.call('POST', '/execute/sync', {'script': script, 'args': list(arguments)})

    def find(self, selector):
        return self.call('POST', '/element', {'using': 'css selector', 'value': selector})[ELEMENT]

    def click(self, selector):
        self.call('POST', f'/element/{self.find(selector)}/click', {})

    def type(self, selector, text):
        self.call('POST', f'/element/{self.find(selector)}/value', {'text': text})

    def text(self, selector):
        return self.run('return document.querySelector(arguments[0]).textContent', selector)

    def wait(self, script, *arguments, seconds=30):
        """Until a script returns something true; returns that."""
        end = time.monotonic() + seconds
        while True:
            found = self.run(script, *arguments)
            if found:
                return found
            if time.monotonic() > end:
                raise AssertionError(f'not within {seconds} s: {script}')
            time.sleep(0.1)

    def look(self, width, height, dark=False, touch=False):
        self.command('Emulation.setDeviceMetricsOverride', {
            'width': width, 'height': height, 'deviceScaleFactor': 2 if touch else 1,
            'mobile': touch})
        self.command('Emulation.setEmulatedMedia', {'features': [
            {'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}]})

    def command(self, name, parameters):
        return self.call('POST', '/goog/cdp/execute', {'cmd': name, 'params': parameters})

    def shoot(self, path):
        with open(path, 'wb') as file:
            file.write(base64.b64decode(self.call('GET', '/screenshot', None)))

    def complaints(self):
        """What the console says is wrong."""
        return [entry['message'] for entry in self.call('POST', '/se/log', {'type': 'browser'})
                if entry['level'] in ('SEVERE', 'WARNING')]
