import assert from 'node:assert/strict';
import { test } from 'node:test';
import { synTargets, type SynTarget } from '../../src/host/syn-targets.js';

type Named = readonly ['ipv4' | 'ipv6', string | null, number];

const TABLE: readonly (readonly [string, readonly string[], readonly Named[]])[] = [
  ['all IPv4 addresses', ['0.0.0.0:80'], [['ipv4', null, 80]]],
  [
    'all IPv6 addresses, which may take IPv4 too',
    ['[::]:80'],
    [
      ['ipv4', null, 80],
      ['ipv6', null, 80],
    ],
  ],
  [
    'one address of each',
    ['10.0.0.1:80', '[fd77::1]:81'],
    [
      ['ipv4', '10.0.0.1', 80],
      ['ipv6', 'fd77::1', 81],
    ],
  ],
  ['an IPv4 address in IPv6 words', ['[::ffff:10.0.0.1]:80'], [['ipv4', '10.0.0.1', 80]]],
  ['one address beside all of them', ['0.0.0.0:80', '10.0.0.1:80'], [['ipv4', null, 80]]],
  ['one address twice', ['10.0.0.1:80', '10.0.0.1:80'], [['ipv4', '10.0.0.1', 80]]],
  ['a unix socket', ['/run/web.sock'], []],
];

for (const [what, locals, expected] of TABLE) {
  test(`SYNs are held where clients send them: ${what}`, () => {
    const listeners = locals.map((local) => ({ local, family: familyOf(local) }));
    assert.deepEqual(
      synTargets(listeners),
      expected.map(([family, address, port]): SynTarget => ({ family, address, port })),
    );
  });
}

function familyOf(local: string): 'ipv4' | 'ipv6' | 'unix' {
  if (local.startsWith('/')) return 'unix';
  return local.startsWith('[') ? 'ipv6' : 'ipv4';
}
