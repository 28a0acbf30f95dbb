import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprint } from '../../src/host/diversion.js';
import { otherFlows, planHandoff } from '../../src/methods/handoff.js';
import {
  neededChanges,
  NOTHING_PREPARED,
  planPrepare,
  planUnprepare,
} from '../../src/methods/handoff-prepare.js';
import type { HandoffFacts } from '../../src/methods/handoff-facts.js';
import type { DivertFlows } from '../../src/steps/divert-flows.js';
import { goodFacts, REQUEST } from './handoff-facts.js';

const SELF = { pid: 1, startTicks: 1 };

test('the peer is tried, then flows go there, then this node drains, and only then the command runs', () => {
  const { handOver, retire } = planHandoff(REQUEST, goodFacts());
  assert.deepEqual(
    [...handOver, ...retire].map(({ kind }) => kind),
    [
      'try-peer',
      'divert-flows',
      'await-left',
      'run-while-diverted',
      'prove-service',
      'take-flows-back',
      'await-flows-ended',
      'remove-diversion',
    ],
  );
});

test('a failover drains every connection, moves the address, and waits until clients are quiet', () => {
  const work = {
    kind: 'failover',
    trackFile: '/run/leave',
    value: '-254',
    fileExists: true,
  } as const;
  const { handOver, retire } = planHandoff({ ...REQUEST, work }, goodFacts());
  const [, , left, move] = handOver;
  assert.ok(left?.kind === 'await-left' && !left.keepsConnections);
  assert.equal(move?.kind, 'move-address');
  assert.ok(retire[0]?.kind === 'await-flows-ended' && retire[0].until === 'quiet');
});

test('each family has its own peer, and is tried from an address that does not move', () => {
  const { handOver } = planHandoff(REQUEST, goodFacts());
  const [trying, divert] = handOver;
  assert.ok(trying?.kind === 'try-peer' && divert?.kind === 'divert-flows');
  assert.deepEqual(
    trying.trials.map(({ from }) => from),
    ['10.0.0.21', 'fd00::21'],
  );
  assert.deepEqual(
    divert.diversion.parts.map(({ family, peer }) => [family, peer]),
    [
      ['ip', '10.0.0.22'],
      ['ip6', 'fd00::22'],
    ],
  );
});

test('the rules of an earlier run are gone on with when they are the same, and refused when not', () => {
  const same = withTables(fingerprint(diversion()));
  assert.equal(divertStep(same).adopts, 'r0');
  assert.equal(otherFlows(REQUEST, same), undefined);
  const other = withTables('another');
  assert.equal(divertStep(other).adopts, null);
  assert.equal(otherFlows(REQUEST, other)?.family, 'ip');
});

test('prepare changes what is missing and no more, and unprepare only what is still as it was set', () => {
  assert.deepEqual(neededChanges(goodFacts({ addresses: onLoopback() })), NOTHING_PREPARED);
  const sysctls = {
    'net.ipv4.conf.all.arp_ignore': '0',
    'net.ipv4.conf.all.arp_announce': '0',
    'net.ipv4.conf.eth0.rp_filter': '1',
    'net.ipv4.conf.all.rp_filter': '2',
  };
  const changes = neededChanges(goodFacts({ sysctls, arpIgnore: 0, arpAnnounce: 0, rpFilter: 2 }));
  const steps = planPrepare(changes, NOTHING_PREPARED, '/note', SELF);
  assert.deepEqual(
    steps.map(({ id }) => id),
    [
      'note',
      'net.ipv4.conf.all.arp_ignore',
      'net.ipv4.conf.all.arp_announce',
      'net.ipv4.conf.eth0.rp_filter',
      '10.0.0.1',
      'fd00::1',
    ],
  );
  const now = { 'net.ipv4.conf.all.arp_ignore': '1', 'net.ipv4.conf.all.arp_announce': '1' };
  assert.deepEqual(
    planUnprepare(changes, now, '/note', SELF).map(({ id }) => id),
    ['10.0.0.1', 'fd00::1', 'net.ipv4.conf.all.arp_ignore', 'note'],
  );
});

function divertStep(facts: HandoffFacts): DivertFlows {
  const step = planHandoff(REQUEST, facts).handOver[1];
  assert.ok(step?.kind === 'divert-flows');
  return step;
}

function diversion(): DivertFlows['diversion'] {
  return divertStep(goodFacts()).diversion;
}

function withTables(rules: string): HandoffFacts {
  const table = { owner: 'r0', rules, target: '10.0.0.22 eth0', started: false };
  const tables = (['ip', 'ip6'] as const).map((family) => ({
    family,
    table,
    foreign: false,
    inUse: true,
  }));
  return goodFacts({ tables });
}

function onLoopback(): HandoffFacts['addresses'] {
  return REQUEST.services.map(({ address }) => ({
    device: 'lo',
    address,
    prefixLength: 32,
    deprecated: false,
  }));
}
