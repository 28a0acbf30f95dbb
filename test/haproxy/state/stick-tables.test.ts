import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from '../../../src/haproxy/config/document.js';
import { resolve } from '../../../src/haproxy/config/resolve.js';
import { parsePeers, parseTables } from '../../../src/haproxy/runtime/tables.js';
import { tablePlan } from '../../../src/haproxy/state/stick-tables.js';

const TEXT = `peers mates
    peer lb 127.0.0.1:10000
    table shared type ip size 1k
frontend www
    stick-table type ip size 1k peers mates
backend alone
    stick-table type ip size 1k
backend elsewhere
    stick-table type ip size 1k peers others
backend empty
    stick-table type ip size 1k
`;
const TABLES = `# table: mates/shared, type: ip, size:1024, used:1
# table: www, type: ip, size:1024, used:5
# table: alone, type: ip, size:1024, used:2
# table: elsewhere, type: ip, size:1024, used:1
# table: empty, type: ip, size:1024, used:0
`;
const PEERS = `0x55ec19d2bd90: [25/Nov/2026:01:45:45] id=mates disabled=0 flags=0x11 resync_timeout=4s task_calls=2
  0x55ec19d2bf00: id=me(local,inactive) addr=127.0.0.1:10000 last_status=NONE last_hdshk=<NEVER>
        flags=0x0
`;

const planned = (peers: string) =>
  tablePlan(resolve([parse('a', Buffer.from(TEXT))]), parseTables(TABLES), parsePeers(peers));

test('tables of a peers section in use are handed on, others are named with what they hold', () => {
  const { handedOn, losses } = planned(PEERS);
  assert.deepEqual(handedOn, ['mates/shared', 'www']);
  assert.deepEqual(
    losses.map(({ what }) => what),
    ['2 entries of the stick table alone', '1 entry of the stick table elsewhere'],
  );
});

test('a peers section that still learns is waited for', () => {
  assert.equal(planned(PEERS).isLearning, true);
  assert.equal(planned(PEERS.replace('flags=0x11', 'flags=0x33')).isLearning, false);
});
