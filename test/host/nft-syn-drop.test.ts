import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdScript, parseSynDrop } from '../../src/host/nft-syn-drop.js';

/** As nft 1.0.6 prints it, shortened. */
const LISTED = JSON.stringify({
  nftables: [
    { metainfo: { version: '1.0.6' } },
    { table: { family: 'inet', name: 'hitless_syn_drop', handle: 1 } },
    { set: { name: 'run-20260102T030405006-7', type: 'inet_service' } },
    { set: { name: 'ipv4-any', elem: [{ elem: { val: 80, timeout: 10, expires: 9 } }] } },
    { set: { name: 'ipv4-one' } },
    {
      set: {
        name: 'ipv6-one',
        elem: [{ elem: { val: { concat: ['fd77::1', 81] }, timeout: 10, expires: 4 } }],
      },
    },
    { chain: { name: 'syns', hook: 'input' } },
  ],
});

test('a table of ours says its run, what it holds, and for how long at least', () => {
  assert.deepEqual(parseSynDrop(LISTED), {
    runId: '20260102T030405006-7',
    held: [
      { family: 'ipv4', address: null, port: 80 },
      { family: 'ipv6', address: 'fd77::1', port: 81 },
    ],
    leftS: 4,
  });
});

test('a table without the mark of a run is one of somebody else', () => {
  assert.equal(parseSynDrop('{"nftables":[{"set":{"name":"ports"}}]}').runId, null);
});

test('every held port has an end, counted from now, and only SYNs to this host are dropped', () => {
  const targets = [
    { family: 'ipv4', address: null, port: 80 },
    { family: 'ipv6', address: 'fd77::1', port: 81 },
  ] as const;
  const lines = holdScript('r1', targets, 10_000).split('\n');
  const elements = lines.filter((line) => line.startsWith('add element'));
  assert.deepEqual(elements, [
    'add element inet hitless_syn_drop ipv4-any { 80 timeout 10000ms }',
    'add element inet hitless_syn_drop ipv6-one { fd77::1 . 81 timeout 10000ms }',
  ]);
  assert.ok(lines.some((line) => line.includes('hook input')));
  const drops = lines.filter((line) => line.endsWith(' drop'));
  assert.ok(drops.every((line) => line.includes('(fin|syn|rst|ack) == syn')));
  const flush = lines.findIndex((line) => line.startsWith('flush set'));
  const add = lines.findIndex((line) => line.startsWith('add element'));
  assert.ok(flush >= 0 && flush < add, 'an element that is there would keep its old end');
});
