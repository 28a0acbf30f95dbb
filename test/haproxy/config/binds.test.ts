import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress, parseAddresses, type Address } from '../../../src/haproxy/config/address.js';
import { bindsOf } from '../../../src/haproxy/config/binds.js';
import { parseText } from '../../../src/haproxy/config/document.js';
import { resolve } from '../../../src/haproxy/config/resolve.js';

const port = (low: number, high = low) => ({ ports: { low, high } });

const ADDRESSES: readonly (readonly [string, Omit<Address, 'raw' | 'transport'>])[] = [
  ['*:80', { family: 'ipv4', host: '0.0.0.0', ...port(80) }],
  [':80', { family: 'ipv4', host: '0.0.0.0', ...port(80) }],
  ['127.0.0.1:80', { family: 'ipv4', host: '127.0.0.1', ...port(80) }],
  ['[::1]:8081', { family: 'ipv6', host: '::1', ...port(8081) }],
  ['::1:8081', { family: 'ipv6', host: '::1', ...port(8081) }],
  [':::80', { family: 'ipv6', host: '::', ...port(80) }],
  [':8000-8010', { family: 'ipv4', host: '0.0.0.0', ...port(8000, 8010) }],
  ['ipv4@:80', { family: 'ipv4', host: '0.0.0.0', ...port(80) }],
  ['ipv6@:80', { family: 'ipv6', host: '::', ...port(80) }],
  ['ipv6@*:80', { family: 'ipv6', host: '::', ...port(80) }],
  ['web.local:80', { family: 'any', host: 'web.local', ...port(80) }],
  ['ipv6@web.local:80', { family: 'ipv6', host: 'web.local', ...port(80) }],
  ['127.0.0.1', { family: 'ipv4', host: '127.0.0.1' }],
  ['[::1]', { family: 'ipv6', host: '::1' }],
  ['/run/x.sock', { family: 'unix', path: '/run/x.sock' }],
  ['unix@x.sock', { family: 'unix', path: 'x.sock' }],
  ['abns@x:1', { family: 'abns', path: 'x:1' }],
  ['fd@5', { family: 'fd', fd: 5 }],
  ['sockpair@3', { family: 'sockpair', fd: 3 }],
  ['${ADDR}:80', { family: 'variable' }],
];

test('an address is read as HAProxy reads it', () => {
  for (const [raw, expected] of ADDRESSES) {
    assert.deepEqual(parseAddress(raw), { raw, transport: 'stream', ...expected }, raw);
  }
});

test('the transport follows the prefix', () => {
  assert.equal(parseAddress('quic4@:443').transport, 'quic');
  assert.equal(parseAddress('udp@:514').transport, 'dgram');
  assert.equal(parseAddress('dgram+ipv4@:514').transport, 'dgram');
  assert.deepEqual(parseAddress('stream+ipv6@:80').family, 'ipv6');
});

test('a comma parts addresses', () => {
  assert.deepEqual(
    parseAddresses('127.0.0.1:80,[::1]:8081').map(({ raw }) => raw),
    ['127.0.0.1:80', '[::1]:8081'],
  );
});

test('a bind line gives its addresses, parameters and place', () => {
  const text = `frontend f
  bind *:443,:::443 v6only ssl crt /etc/ssl # c
  bind :80 interface ssl namespace blue accept-proxy
  .if 1
  bind /run/x mode 600
  .endif
backend b
  bind :1
`;
  const config = resolve([parseText('a', text)]);
  const [frontend, backend] = config.proxies;
  assert.ok(frontend && backend);
  const binds = bindsOf(frontend);
  assert.deepEqual(
    binds.map(({ file, line, addresses, params, conditional }) => [
      `${file}:${line}`,
      addresses.length,
      Object.fromEntries(params),
      conditional,
    ]),
    [
      ['a:2', 2, { v6only: '', ssl: '', crt: '/etc/ssl' }, false],
      ['a:3', 1, { interface: 'ssl', namespace: 'blue', 'accept-proxy': '' }, false],
      ['a:5', 1, { mode: '600' }, true],
    ],
  );
  assert.deepEqual(bindsOf(backend), []);
});
