import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  divertScript,
  parseAbout,
  parseElements,
  watchScript,
  type Diversion,
} from '../../src/host/diversion.js';
import { flowsHere, isServed, tupleOf } from '../../src/host/flows.js';
import { parseAddresses, parseNeighbour } from '../../src/host/addresses.js';
import type { Socket } from '../../src/host/host.js';
import { listTableArgv } from '../../src/host/nft.js';

const DIVERSION: Diversion = {
  device: 'eth0',
  parts: [
    {
      family: 'ip6',
      services: [{ address: 'fd00::1', port: 443 }],
      peer: 'fd00::22',
      peerMac: '02:00:00:00:00:22',
    },
  ],
};

test('a flow is its four numbers: a client may use one port towards two services', () => {
  assert.match(
    watchScript(DIVERSION, 'r1'),
    /ip6 saddr \. tcp sport \. ip6 daddr \. tcp dport @flows jump handed/,
  );
});

test('nothing is diverted by the tables alone; the lease makes it end by itself', () => {
  assert.doesNotMatch(watchScript(DIVERSION, 'r1'), /add element .* services/);
  assert.match(divertScript(DIVERSION), /\{ fd00::1 \. 443 timeout 30s \}/);
  assert.doesNotMatch(divertScript(DIVERSION, true), /timeout/);
});

test('what the peer sends here is never sent back to it', () => {
  const rules = watchScript(DIVERSION, 'r1')
    .split('\n')
    .filter((line) => line.includes(' passed '));
  const own = rules.findIndex((line) => line.includes('ether saddr 02:00:00:00:00:22 accept'));
  assert.ok(own > 0 && own < rules.findIndex((line) => line.includes('@flows')));
});

test('a table says whose it is, and a set of it how much it holds', () => {
  const about = {
    elem: [{ elem: { val: 1, comment: 'r1' } }, { elem: { val: 4, comment: 'yes' } }],
  };
  const json = JSON.stringify({ nftables: [{ metainfo: {} }, { set: about }] });
  assert.deepEqual(parseAbout(json), { owner: 'r1', rules: null, target: null, started: true });
  assert.equal(parseElements(json).length, 2);
  assert.equal(parseElements('{"nftables": [{"set": {"name": "flows"}}]}').length, 0);
  assert.deepEqual(listTableArgv('t').slice(-2), ['inet', 't']);
});

test('connections to a shared address are told from others, IPv4 in IPv6 included', () => {
  const services = [{ address: '10.0.0.1', port: 80 }];
  const locals = [
    '10.0.0.1:80',
    '[::ffff:10.0.0.1]:80',
    '10.0.0.1:8080',
    '[fd00::1]:80',
    '10.0.0.2:80',
  ];
  const found = flowsHere(
    locals.map((local) => socket({ local })),
    services,
  );
  assert.deepEqual(
    found.map(({ local }) => local),
    locals.slice(0, 2),
  );
  assert.equal(
    tupleOf(socket({ local: '[fd00::1]:80', peer: '[fd00::9]:4242' })),
    'fd00::9 . 4242 . fd00::1 . 80',
  );
});

test('a connection that only the kernel still ends is not waited for, one in an accept queue is', () => {
  assert.equal(isServed(socket({ state: 'closing', inode: 0 })), false);
  assert.equal(isServed(socket({ state: 'closing', inode: 7 })), true);
  assert.equal(isServed(socket({ state: 'established', inode: 0 })), true);
});

test('addresses and neighbours are read as iproute2 prints them', () => {
  const json = '[{},{"ifname":"eth0","addr_info":[{"local":"10.0.0.1","prefixlen":24}]}]';
  const address = { device: 'eth0', address: '10.0.0.1', prefixLength: 24, deprecated: false };
  assert.deepEqual(parseAddresses(json), [address]);
  assert.equal(parseNeighbour('[]'), undefined);
  const failed = '[{"dst":"10.0.0.22","state":["FAILED"]}]';
  assert.deepEqual(parseNeighbour(failed), { address: '10.0.0.22', mac: null, state: 'FAILED' });
});

function socket(change: Partial<Socket>): Socket {
  return {
    family: 'ipv4',
    local: '10.0.0.1:80',
    peer: '10.0.0.9:4242',
    state: 'established',
    inode: 5,
    receiveQueue: 0,
    sendQueue: 0,
    idleMs: null,
    ...change,
  };
}
