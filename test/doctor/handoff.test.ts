import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkNode, checkPeer } from '../../src/doctor/handoff.js';
import type { HandoffFacts } from '../../src/methods/handoff-facts.js';
import { goodFacts, REQUEST } from '../methods/handoff-facts.js';

test('nothing is found where all is well', () => {
  assert.deepEqual(checkNode(goodFacts(), REQUEST.peers), []);
  assert.deepEqual(checkPeer(asPeer({})), []);
});

const NODE: readonly (readonly [string, Partial<HandoffFacts>, readonly string[], RegExp])[] = [
  [
    'the address is elsewhere',
    { addresses: [] },
    REQUEST.peers,
    /does not have 10\.0\.0\.1 on eth0/,
  ],
  ['a family has no peer', {}, ['10.0.0.22'], /no peer with an IPv6 address/],
  ['the peer is no neighbour', { neighbours: [] }, REQUEST.peers, /cannot be reached directly/],
  ['nothing listens', { listening: [] }, REQUEST.peers, /nothing listens on 10\.0\.0\.1 port 80/],
  ['nft is missing', { tables: null, nftTrouble: 'ENOENT' }, REQUEST.peers, /nft cannot be used/],
  ['rp_filter is strict', { rpFilter: 1 }, REQUEST.peers, /strict reverse path/],
  [
    'a foreign table has the name',
    { tables: [{ family: 'ip', table: null, foreign: true, inUse: false }] },
    REQUEST.peers,
    /which hitless has not made/,
  ],
];

for (const [what, change, peers, finding] of NODE) {
  test(`on the node: ${what}`, () => {
    const findings = checkNode(goodFacts(change), peers);
    const found = findings.find((one) => finding.test(one.what));
    assert.ok(found, JSON.stringify(findings));
    assert.equal(found.severity, 'error');
    assert.ok(found.because.length > 20 && found.remedy.length > 10);
  });
}

const PEER: readonly (readonly [string, Partial<HandoffFacts>, RegExp])[] = [
  ['the address is missing on lo', { addresses: [] }, /does not have 10\.0\.0\.1 on lo/],
  ['it holds the address itself', { addresses: goodFacts().addresses }, /has 10\.0\.0\.1 on eth0/],
  ['it answers ARP for it', { arpIgnore: 0 }, /answers ARP requests/],
  ['it announces it', { arpAnnounce: 1 }, /name any of its addresses/],
];

for (const [what, change, finding] of PEER) {
  test(`on the peer: ${what}`, () => {
    const findings = checkPeer(asPeer(change));
    assert.ok(
      findings.some((one) => finding.test(one.what)),
      JSON.stringify(findings),
    );
  });
}

function asPeer(change: Partial<HandoffFacts>): HandoffFacts {
  const addresses = REQUEST.services.map(({ address }) => ({
    device: 'lo',
    address,
    prefixLength: 32,
    deprecated: false,
  }));
  return goodFacts({ addresses, ...change });
}
