import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseText } from '../../../src/haproxy/config/document.js';
import { resolve } from '../../../src/haproxy/config/resolve.js';
import { serversOf, settingOf, type ServerSpec } from '../../../src/haproxy/config/servers.js';

function servers(text: string): readonly ServerSpec[] {
  return resolve([parseText('a.cfg', text)]).proxies.flatMap(serversOf);
}

const brief = ({ settings }: ServerSpec): string =>
  settings
    .map(({ keyword, args, inherited }) => `${inherited ? '*' : ''}${[keyword, ...args].join(' ')}`)
    .join('; ');

test('a server has name, address, port and the line that says so', () => {
  const [one] = servers('backend b\n\n  server s1 10.0.0.1:80 check # c\n');
  assert.ok(one);
  const { name, address, port, file, line, conditional, template } = one;
  assert.deepEqual(
    [name, address, port, file, line, conditional, template],
    ['s1', '10.0.0.1', '80', 'a.cfg', 3, false, undefined],
  );
});

/** Address as written, host, port. */
const ADDRESSES: readonly (readonly [string, string, string | undefined])[] = [
  ['web.example:8080', 'web.example', '8080'],
  ['[::1]:80', '[::1]', '80'],
  ['::1:80', '::1', '80'],
  ['[::1]', '[::1]', undefined],
  ['10.0.0.1', '10.0.0.1', undefined],
  ['10.0.0.1:', '10.0.0.1', undefined],
  ['*:+100', '*', '+100'],
  ['/run/a:1', '/run/a:1', undefined],
  ['unix@/run/a', 'unix@/run/a', undefined],
  ['ipv4@web:80', 'ipv4@web', '80'],
  ['$HOST:$PORT', '$HOST', '$PORT'],
];

test('the last colon parts host and port', () => {
  for (const [raw, address, port] of ADDRESSES) {
    const [one] = servers(`backend b\n server s ${raw} weight 1\n`);
    assert.deepEqual([one?.address, one?.port], [address, port], raw);
  }
});

test('default-server counts for the lines after it, own settings come last', () => {
  const text =
    'defaults\n default-server inter 2s\nbackend b\n server a :1 weight 3\n default-server weight 5 inter 1s\n server b :2\n';
  assert.deepEqual(servers(text).map(brief), [
    '*inter 2s; weight 3',
    '*inter 2s; *weight 5; *inter 1s',
  ]);
  const [, b] = servers(text);
  assert.ok(b);
  assert.deepEqual([settingOf(b, 'inter')?.args, settingOf(b, 'inter')?.line], [['1s'], 5]);
});

test('default-server is handed on along "from"', () => {
  const text =
    'defaults x\n default-server check\ndefaults y from x\n default-server backup\nbackend b from y\n server s :1\n';
  assert.deepEqual(servers(text).map(brief), ['*check; *backup']);
});

test('the later of two opposites counts', () => {
  const text =
    'backend b\n default-server check ssl disabled\n server s :1 no-check enabled no-ssl\n server t :2 no-ssl-reuse\n server u :3 no-check check\n';
  assert.deepEqual(servers(text).map(brief), [
    '',
    '*check; *ssl; *disabled; no-ssl-reuse',
    '*ssl; *disabled; check',
  ]);
});

test('"source" takes its own arguments, an unknown keyword none', () => {
  const text =
    'backend b\n server s :1 source 0.0.0.0 usesrc clientip interface eth0 check new-thing weight 2\n';
  assert.deepEqual(servers(text).map(brief), [
    'source 0.0.0.0 usesrc clientip interface eth0; check; new-thing; weight 2',
  ]);
});

test('a template is expanded, a count begins with 1', () => {
  const names = (range: string) =>
    servers(`backend b\n server-template web ${range} h.example:80 check\n`).map(
      ({ name, address, port, template, conditional }) =>
        [name, address, port, template?.index, conditional].join(' '),
    );
  assert.deepEqual(names('2'), ['web1 h.example 80 1 false', 'web2 h.example 80 2 false']);
  assert.deepEqual(names('7-8'), ['web7 h.example 80 7 false', 'web8 h.example 80 8 false']);
  assert.deepEqual(names('3-2'), []);
});

test('a template whose range is not known, or without end, is uncertain', () => {
  const [one] = servers('backend b\n server-template web "${N}" h:80\n');
  assert.equal(one?.conditional, true);
  const all = servers('backend b\n server-template web 4000000000 h:80\n');
  assert.equal(all.length, 65_536);
  assert.ok(all.every(({ conditional }) => conditional));
});

test('what only HAProxy can decide is conditional', () => {
  const text =
    'backend b\n server a :1\n.if defined(X)\n default-server check\n.endif\n server b :2\n.if defined(Y)\n server c :3\n.endif\n';
  assert.deepEqual(
    servers(text).map(({ name, conditional }) => [name, conditional]),
    [
      ['a', false],
      ['b', true],
      ['c', true],
    ],
  );
});

test('a frontend has no servers', () => {
  assert.deepEqual(servers('frontend f\n server s :1\n'), []);
});
