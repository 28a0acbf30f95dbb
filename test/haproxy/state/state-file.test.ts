import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServerState } from '../../../src/haproxy/runtime/server-states.js';
import { carriedServer, type ServerPair } from '../../../src/haproxy/state/carried-server.js';
import { stateLine } from '../../../src/haproxy/state/state-file.js';
import { DRAIN, IN_FILE, MAINT, pair } from './pairs.js';

const TABLE: readonly (readonly [string, ServerPair, Partial<ServerState>])[] = [
  ['an edited port wins', pair({}, { port: '8080' }), { port: '8080' }],
  ['a port that was taken out of the file is gone', pair({}, { port: '' }), { port: '0' }],
  [
    'a port that a record names stays',
    pair(
      { srvRecord: '_h._tcp.a', port: '81' },
      { host: '_h._tcp.a', port: '' },
      { host: '_h._tcp.a', port: '' },
    ),
    { port: '81' },
  ],
  ["an address is the file's", pair({}, { host: '10.0.0.2' }), { address: '-' }],
  [
    'what a name was resolved to stays',
    pair({ fqdn: 'a.test' }, { host: 'a.test' }, { host: 'a.test' }),
    { address: '10.0.0.1' },
  ],
  [
    'what another name was resolved to does not',
    pair({ fqdn: 'old.test' }, { host: 'a.test' }, { host: 'old.test' }),
    { address: '-' },
  ],
  ['ssl that is new in the file is on', pair({ useSsl: false }, { ssl: true }), { useSsl: true }],
  [
    'a check port, or address, that was edited wins',
    pair({ checkPort: '90', checkAddress: '10.0.0.7' }),
    { checkPort: '0', checkAddress: '-' },
  ],
  ['DOWN stays', pair({ operational: 0, checkHealth: 0 }), { operational: 0, checkHealth: 0 }],
  [
    'DOWN of an edited address does not',
    pair({ operational: 0, checkHealth: 0 }, { host: '10.0.0.2' }),
    { operational: 2 },
  ],
  ['DOWN without checks does not', pair({ operational: 0 }, { check: false }), { operational: 2 }],
  [
    'maintenance stays, and is no DOWN',
    pair({ operational: 0, admin: MAINT }),
    { operational: 2, admin: MAINT },
  ],
  [
    'what else a state is made of is computed anew',
    pair({ admin: MAINT | DRAIN | 0x22 }),
    { admin: MAINT },
  ],
  ['drain stays', pair({ admin: DRAIN }), { admin: DRAIN }],
  [
    'ready stays where the file says disabled',
    pair({ admin: IN_FILE }, { disabled: true }),
    { admin: IN_FILE },
  ],
  [
    'disabled stays',
    pair({ admin: IN_FILE | MAINT }, { disabled: true }),
    { admin: IN_FILE | MAINT },
  ],
  ['"disabled" that is new in the file wins', pair({}, { disabled: true }), { admin: 0 }],
  [
    'a file that says "disabled" no more wins',
    pair({ admin: IN_FILE | MAINT, operational: 0 }),
    { admin: IN_FILE },
  ],
  [
    'the weight stays, with the one that it replaced',
    pair({ weight: 77 }),
    { weight: 77, initialWeight: 10 },
  ],
];

for (const [title, input, expected] of TABLE) {
  test(`in a server-state file ${title}`, () => {
    const line = stateLine(input, carriedServer(input));
    for (const [name, value] of Object.entries(expected)) {
      assert.equal(line[name as keyof ServerState], value, name);
    }
  });
}
