import assert from 'node:assert/strict';
import { test } from 'node:test';
import { carriedServer, carriesNothing } from '../../../src/haproxy/state/carried-server.js';
import type { CarriedServer, ServerPair } from '../../../src/haproxy/state/carried-server.js';
import { DRAIN, IN_FILE, MAINT, pair } from './pairs.js';

type Carried = Partial<Omit<CarriedServer, 'server'>>;

const DOWN = { operational: 0 } as const;
const MOVED = { address: '10.0.0.9', port: '81' } as const;

const TABLE: readonly (readonly [string, ServerPair, Carried])[] = [
  ['nothing, when the file says it all', pair({}), {}],
  ['maintenance', pair({ admin: MAINT, operational: 0 }), { state: 'maint' }],
  ['drain', pair({ admin: DRAIN }), { state: 'drain' }],
  [
    'that it was made ready though the file says disabled',
    pair({ admin: IN_FILE }, { disabled: true }),
    { state: 'ready' },
  ],
  [
    'nothing of a server that the file disables',
    pair({ admin: IN_FILE | MAINT, operational: 0 }, { disabled: true }),
    {},
  ],
  ['nothing, when "disabled" has come into the file', pair({}, { disabled: true }), {}],
  [
    'nothing, when "disabled" has left the file',
    pair({ admin: IN_FILE | MAINT, operational: 0 }),
    {},
  ],
  [
    'no drain of a weight of 0 that the file had and has no more',
    pair({ admin: DRAIN, initialWeight: 0, weight: 0 }),
    {},
  ],
  ['the weight', pair({ weight: 77 }), { weight: '77' }],
  ['no weight where the file has a new one', pair({ weight: 77 }, { weight: '20' }), {}],
  ['no weight where the algorithm takes none', pair({ weight: 77 }, { staticWeights: true }), {}],
  ['that checks found it down', pair(DOWN), { down: 'health' }],
  [
    'that its agent found it down',
    pair(DOWN, { check: false, agentCheck: true }),
    { down: 'agent' },
  ],
  ['no DOWN where nothing would bring it up again', pair(DOWN, { check: false }), {}],
  ['no DOWN of a server that tracks another', pair(DOWN, { tracks: true }), {}],
  ['no DOWN of another address', pair(DOWN, { host: '10.0.0.2' }), {}],
  ['no DOWN of another port', pair(DOWN, { port: '81' }), {}],
  ['DOWN where the file is not known but says the same', pair(DOWN, {}, null), { down: 'health' }],
  [
    'DOWN of the same name',
    pair({ ...DOWN, fqdn: 'a.test', address: '10.9.9.9' }, { host: 'a.test' }, null),
    { down: 'health' },
  ],
  ['DOWN and drain', pair({ ...DOWN, admin: DRAIN }), { state: 'drain', down: 'health' }],
  [
    'an address that was set at run time',
    pair(MOVED),
    { address: { host: '10.0.0.9', port: '81' } },
  ],
  ['no address where the file has a new one', pair(MOVED, { host: '10.0.0.2' }), {}],
  ['no address where the file has a new port', pair(MOVED, { port: '8080' }), {}],
  ['no address when nobody knows what the file said', pair(MOVED, {}, null), {}],
  [
    'no address that a name was resolved to',
    pair({ ...MOVED, fqdn: 'a' }, { host: 'a' }, { host: 'a' }),
    {},
  ],
  [
    'nothing of an address that is only written another way',
    pair({ address: '2001:db8::1' }, { host: '[2001:db8:0::1]' }, { host: '[2001:db8:0::1]' }),
    {},
  ],
  ['that checks are off', pair({ checkState: 2 }), { healthOff: true }],
  [
    'that agent checks are off',
    pair({ agentState: 0x12 }, { agentCheck: true }),
    { agentOff: true },
  ],
];

for (const [title, input, expected] of TABLE) {
  test(`of a server is carried over: ${title}`, () => {
    const nothing = { state: null, weight: null, down: null, healthOff: false, agentOff: false };
    const carried = carriedServer(input);
    assert.deepEqual(carried, {
      server: { backend: 'web', server: 'a' },
      ...nothing,
      address: null,
      ...expected,
    });
    assert.equal(carriesNothing(carried), Object.keys(expected).length === 0);
  });
}
