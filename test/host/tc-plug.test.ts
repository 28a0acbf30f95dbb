import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  clientInterfaces,
  filtersIn,
  foreignRoot,
  hasIngress,
  layLines,
  parseQdiscs,
} from '../../src/host/tc-plug.js';

const TARGETS = [
  { family: 'ipv4', address: null, port: 80 },
  { family: 'ipv6', address: 'fd77::1', port: 81 },
] as const;

test('a plug is opened before the first filter leads to it: it is born shut', () => {
  const lines = layLines(TARGETS, ['eth0']);
  const opened = lines.findLastIndex((line) => line.endsWith('release_indefinite'));
  const filtered = lines.findIndex((line) => line.startsWith('filter '));
  assert.ok(opened >= 0 && opened < filtered);
});

test('only SYNs to the held ports are filtered, on lo and on each interface, by address where there is one', () => {
  const filters = layLines(TARGETS, ['eth0', 'eth1']).filter((line) => line.startsWith('filter '));
  assert.equal(filters.length, 6);
  assert.ok(filters.every((line) => line.includes(' ip_proto tcp ')));
  assert.ok(filters.every((line) => line.includes(' tcp_flags 0x02/0x17')));
  assert.equal(filters.filter((line) => line.includes(' dst_ip fd77::1 dst_port 81 ')).length, 3);
});

test('every plug has room: by default an ifb has next to none', () => {
  const plugs = layLines(TARGETS, []).filter((line) => /^qdisc add .* plug/.test(line));
  assert.equal(plugs.length, 2);
  assert.ok(plugs.every((line) => / limit \d{8}$/.test(line)));
});

test('the default on lo and the remains of a killed run are no obstacle, anything else is', () => {
  const onLo = (kind: string, handle: string): string =>
    JSON.stringify([{ kind, handle, dev: 'lo', root: true }]);
  assert.equal(foreignRoot(parseQdiscs('')), undefined);
  assert.equal(foreignRoot(parseQdiscs(onLo('noqueue', '0:'))), undefined);
  assert.equal(foreignRoot(parseQdiscs(onLo('prio', '4817:'))), undefined);
  assert.equal(foreignRoot(parseQdiscs(onLo('netem', '8001:')))?.kind, 'netem');
});

test('an interface with ingress qdiscs is known by them, and whose they are by their filters', () => {
  const qdiscs = parseQdiscs('[{"kind":"clsact","handle":"ffff:","dev":"eth0"}]');
  assert.deepEqual([hasIngress(qdiscs, 'eth0'), hasIngress(qdiscs, 'eth1')], [true, false]);
  const filter = (pref: number): string => `[{"protocol":"ip","pref":${pref},"kind":"flower"}]`;
  assert.deepEqual(['', '[]', filter(4817), filter(1)].map(filtersIn), [
    'none',
    'none',
    'ours',
    'foreign',
  ]);
});

test('clients come by the interfaces that have an address, but the loopback', () => {
  const links = [
    { ifname: 'lo', flags: ['LOOPBACK', 'UP'], addr_info: [{ local: '127.0.0.1' }] },
    { ifname: 'eth0', flags: ['UP'], addr_info: [{ local: '10.0.0.1' }] },
    { ifname: 'port1', flags: ['UP'], addr_info: [] },
    { ifname: 'hitless0', flags: ['UP'], addr_info: [{ local: 'fe80::1' }] },
    {},
  ];
  assert.deepEqual(clientInterfaces(JSON.stringify(links)), ['eth0']);
});
