import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseText } from '../../src/haproxy/config/document.js';
import { resolve } from '../../src/haproxy/config/resolve.js';
import { wantedListeners } from '../../src/haproxy/config-listeners.js';
import { parseTcp } from '../../src/host/proc.js';

/** A listener is found again only if the configuration and the kernel give it the same name. */

function wanted(bind: string): string | undefined {
  const config = resolve([parseText('a.cfg', `frontend f\n  bind ${bind}\n`)]);
  return wantedListeners(config, {}).listeners[0]?.local;
}

/** As the kernel prints it: each 32-bit word as a little-endian machine holds it. */
function printed(bytes: readonly number[], port: number): string {
  const words = [];
  for (let at = 0; at < bytes.length; at += 4) words.push(bytes.slice(at, at + 4).reverse());
  const address = Buffer.from(words.flat()).toString('hex').toUpperCase();
  const local = `${address}:${port.toString(16).padStart(4, '0').toUpperCase()}`;
  return `  sl\n   0: ${local} 0:0 0A 00000000:00000000 00:00000000 00000000 0 0 651 1 0 100\n`;
}

function named(bytes: readonly number[], port: number): string | undefined {
  return parseTcp(printed(bytes, port), bytes.length === 4 ? 'ipv4' : 'ipv6')[0]?.local;
}

const PORT = fc.integer({ min: 1, max: 65_535 });
const BYTE = fc.integer({ min: 0, max: 255 });
const GROUP = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));

test('every IPv4 bind has the name that the kernel gives its socket', () => {
  fc.assert(
    fc.property(fc.array(BYTE, { minLength: 4, maxLength: 4 }), PORT, (bytes, port) => {
      assert.equal(wanted(`${bytes.join('.')}:${port}`), named(bytes, port));
    }),
  );
});

test('every IPv6 bind has the name that the kernel gives its socket', () => {
  fc.assert(
    fc.property(fc.array(GROUP, { minLength: 8, maxLength: 8 }), PORT, (groups, port) => {
      const text = groups.map((group) => group.toString(16)).join(':');
      const bytes = groups.flatMap((group) => [group >> 8, group & 255]);
      assert.equal(wanted(`${text}:${port}`), named(bytes, port));
      assert.equal(wanted(`[${text}]:${port}`), named(bytes, port));
    }),
  );
});

test('a bind on an IPv4-mapped address has it too', () => {
  const bytes = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1];
  assert.equal(wanted('::ffff:127.0.0.1:80'), '[::ffff:127.0.0.1]:80');
  assert.equal(named(bytes, 80), '[::ffff:127.0.0.1]:80');
});
