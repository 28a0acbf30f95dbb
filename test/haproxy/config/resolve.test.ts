import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseText } from '../../../src/haproxy/config/document.js';
import {
  balanceOf,
  isDisabled,
  modeOf,
  optionOf,
  timeoutOf,
} from '../../../src/haproxy/config/proxy.js';
import { resolve, type Proxy } from '../../../src/haproxy/config/resolve.js';

function proxyIn(name: string, ...texts: readonly string[]): Proxy {
  const config = resolve(texts.map((text, index) => parseText(`${'abc'[index]}.cfg`, text)));
  const proxy = config.proxies.find((one) => one.name === name);
  assert.ok(proxy, `no proxy ${name}`);
  return proxy;
}

test('proxies are listed with their kind and place', () => {
  const text = 'global\ndefaults\n frontend "f"\nlisten l from x\n\tbackend b#c\npeers p\n';
  assert.deepEqual(
    resolve([parseText('a', text)]).proxies.map(({ kind, name, file, line }) => [
      kind,
      name,
      file,
      line,
    ]),
    [
      ['frontend', 'f', 'a', 3],
      ['listen', 'l', 'a', 4],
      ['backend', 'b', 'a', 5],
    ],
  );
});

test('a proxy inherits from the last defaults before it, in an earlier file too', () => {
  const proxy = proxyIn('b', 'defaults\n balance source\n', 'backend b\n server s :1\n');
  assert.deepEqual(balanceOf(proxy), {
    value: ['source'],
    place: { file: 'a.cfg', line: 2 },
    inherited: true,
    conditional: false,
  });
});

test('a later defaults section starts again from the documented values', () => {
  const proxy = proxyIn('b', 'defaults\n balance source\ndefaults\n mode http\nbackend b\n');
  assert.deepEqual(balanceOf(proxy).value, ['roundrobin']);
  assert.equal(balanceOf(proxy).place, undefined);
  assert.equal(modeOf(proxy).value, 'http');
});

test('"from" chooses the defaults, and defaults inherit with it', () => {
  const text =
    'defaults base\n balance uri whole\n mode http\ndefaults web from base\n mode tcp\ndefaults\nbackend b from web\nbackend c\n';
  assert.deepEqual(balanceOf(proxyIn('b', text)).value, ['uri', 'whole']);
  assert.equal(modeOf(proxyIn('b', text)).value, 'tcp');
  assert.deepEqual(balanceOf(proxyIn('c', text)).value, ['roundrobin']);
});

test('the last line of a keyword in a section is in force', () => {
  const proxy = proxyIn('b', 'backend b\n balance source\n balance "leastconn" # now\n');
  assert.deepEqual(balanceOf(proxy).value, ['leastconn']);
  assert.equal(balanceOf(proxy).place?.line, 3);
});

test('an option is on until "no option" says otherwise', () => {
  const option = 'idle-close-on-response';
  const defaults = `defaults\n option ${option}\n`;
  assert.equal(optionOf(proxyIn('f', `${defaults}frontend f\n`), option).value, true);
  const own = optionOf(proxyIn('f', `${defaults}frontend f\n no option ${option}\n`), option);
  assert.deepEqual([own.value, own.place?.line, own.inherited], [false, 4, false]);
  assert.equal(optionOf(proxyIn('f', 'frontend f\n option httplog\n'), option).value, false);
});

test('timeouts are in milliseconds', () => {
  const text =
    'defaults\n timeout client 50s\n timeout http-request 10\nfrontend f\n timeout client 1m\n timeout client-fin "${X}"\n';
  const proxy = proxyIn('f', text);
  assert.equal(timeoutOf(proxy, 'client').value, 60_000);
  assert.equal(timeoutOf(proxy, 'http-request').value, 10);
  assert.equal(timeoutOf(proxy, 'http-keep-alive').place, undefined);
  assert.deepEqual(
    [timeoutOf(proxy, 'client-fin').value, timeoutOf(proxy, 'client-fin').place?.line],
    [undefined, 6],
  );
});

test('a disabled proxy is marked, and "enabled" brings it back', () => {
  assert.equal(isDisabled(proxyIn('b', 'backend b\n disabled\n')).value, true);
  assert.equal(isDisabled(proxyIn('b', 'defaults\n disabled\nbackend b\n enabled\n')).value, false);
  assert.equal(isDisabled(proxyIn('b', 'backend b\n')).value, false);
});

test('a value in a conditional block is marked as such', () => {
  const own = 'backend b\n.if defined(X)\n balance source\n.else\n balance first\n.endif\n';
  assert.equal(balanceOf(proxyIn('b', own)).conditional, true);
  assert.equal(balanceOf(proxyIn('b', `${own} balance uri\n`)).conditional, false);
  const section = '.if defined(X)\nbackend b\n balance source\n.endif\nbackend c\n balance uri\n';
  assert.equal(balanceOf(proxyIn('b', section)).conditional, true);
  assert.equal(balanceOf(proxyIn('c', section)).conditional, false);
});

test('a value that a conditional defaults section might hide is marked as such', () => {
  const text = 'defaults\n balance uri\n.if defined(X)\ndefaults\n.endif\nbackend b\n';
  assert.equal(balanceOf(proxyIn('b', text)).conditional, true);
});

test('a section that outlives its conditional block straddles it', () => {
  const text = '.if 0\nbackend b\n.endif\n balance uri\nbackend c\n';
  assert.deepEqual(
    resolve([parseText('a', text)]).sections.map(({ straddles }) => straddles),
    [true, false],
  );
});

test('a name with a variable is marked', () => {
  assert.equal(proxyIn('b${X}', 'backend "b${X}"\n').section.env, true);
});

test('a keyword begins its section however it is quoted or indented, and only as the first word', () => {
  const text =
    '"frontend" a\n\tb"acke"nd b\n  \'listen\' c\n  server frontend 1.2.3.4\n# backend d\n';
  assert.deepEqual(
    resolve([parseText('a', text)]).sections.map(({ kind, name, statements }) => [
      kind,
      name,
      statements.map(({ keyword }) => keyword),
    ]),
    [
      ['frontend', 'a', []],
      ['backend', 'b', []],
      ['listen', 'c', ['server']],
    ],
  );
});
