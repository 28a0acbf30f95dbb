import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePeers, scopeOf } from '../../src/cli/handoff-options.js';

test('services and peers are read as users write them, and kept as the kernel prints them', () => {
  const scope = scopeOf({ service: ['10.0.0.1:80', '[FD00:0::1]:443'], interface: 'eth0' });
  assert.deepEqual(scope.services, [
    { address: '10.0.0.1', port: 80 },
    { address: 'fd00::1', port: 443 },
  ]);
  assert.deepEqual(parsePeers(['10.0.0.22', 'FD00::0022']), ['10.0.0.22', 'fd00::22']);
});

const WRONG: readonly (readonly [readonly string[], string | undefined, RegExp])[] = [
  [[], 'eth0', /no service is named/],
  [['10.0.0.1:80'], undefined, /no interface is named/],
  [['10.0.0.1:80'], 'eth0"; flush ruleset', /not the name of an interface/],
  [['10.0.0.1'], 'eth0', /not ADDRESS:PORT/],
  [['10.0.0.1:0'], 'eth0', /not ADDRESS:PORT/],
  [['fd00::1:80'], 'eth0', /not ADDRESS:PORT/],
  [['web:80'], 'eth0', /not ADDRESS:PORT/],
];

for (const [service, device, message] of WRONG) {
  test(`refused with a reason: ${service.join(' ')} on ${device ?? 'nothing'}`, () => {
    const flags = device === undefined ? { service } : { service, interface: device };
    assert.throws(() => scopeOf(flags), message);
  });
}

test('a name, a zone, and two peers of one family are refused', () => {
  for (const peers of [['lb2'], ['fe80::1%eth0'], ['10.0.0.22', '10.0.0.23']]) {
    assert.throws(() => parsePeers(peers), /peer/);
  }
});
