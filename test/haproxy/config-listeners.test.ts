import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from '../../src/haproxy/config/document.js';
import { resolve } from '../../src/haproxy/config/resolve.js';
import { wantedListeners } from '../../src/haproxy/config-listeners.js';

const wanted = (binds: string, environment: Record<string, string> = {}, global = '') =>
  wantedListeners(
    resolve([parse('a.cfg', Buffer.from(`global\n${global}\nfrontend web\n${binds}\n`))]),
    environment,
  );
const locals = (binds: string, environment?: Record<string, string>, global?: string) =>
  wanted(binds, environment, global).listeners.map(({ local }) => local);

const NAMES: readonly (readonly [string, readonly string[]])[] = [
  ['bind 127.0.0.1:80', ['127.0.0.1:80']],
  ['bind *:80', ['0.0.0.0:80']],
  ['bind :80', ['0.0.0.0:80']],
  ['bind :::80', ['[::]:80']],
  ['bind ::1:80', ['[::1]:80']],
  ['bind 2001:db8:0:0::1:80', ['[2001:db8::1]:80']],
  ['bind 127.0.0.1:80-82', ['127.0.0.1:80', '127.0.0.1:81', '127.0.0.1:82']],
  ['bind 127.0.0.1:80,127.0.0.2:81', ['127.0.0.1:80', '127.0.0.2:81']],
  ['bind /run/a.sock', ['/run/a.sock']],
  ['bind abns@name', ['@name']],
  ['bind quic4@127.0.0.1:443', []],
];

for (const [line, expected] of NAMES) {
  test(`"${line}" is named as the kernel names it`, () => {
    assert.deepEqual(locals(line), expected);
  });
}

test('variables are those of the process that will be started', () => {
  assert.deepEqual(locals('bind "${ADDRESS}:80"', { ADDRESS: '10.0.0.1' }), ['10.0.0.1:80']);
});

test('an address that only HAProxy can tell is said to be unknown, with its place', () => {
  const { listeners, unknown } = wanted('bind localhost:80\nbind fd@3');
  assert.deepEqual(listeners, []);
  assert.deepEqual(unknown, ['localhost:80 (a.cfg:4)', 'fd@3 (a.cfg:5)']);
});

test('unix-bind prefix stands before unix paths only', () => {
  const text = 'bind /a.sock\nbind 127.0.0.1:80';
  assert.deepEqual(locals(text, {}, 'unix-bind prefix /run'), ['/run/a.sock', '127.0.0.1:80']);
});

test('only a specific IPv6 address without v6only is not found among passed sockets', () => {
  const { listeners } = wanted('bind ::1:80\nbind ::1:81 v6only\nbind :::82\nbind 127.0.0.1:83');
  assert.deepEqual(
    listeners.map(({ passable }) => passable),
    [false, true, true, true],
  );
});

test('backends and disabled frontends listen nowhere', () => {
  assert.deepEqual(locals('bind :80\ndisabled\nbackend b\nserver a 127.0.0.1:1'), []);
});
