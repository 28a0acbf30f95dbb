import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFlows } from '../../src/host/conntrack.js';
import { placedAt, placeScript } from '../../src/host/nft-flip.js';
import { divertsPort, shutsPort } from '../../src/host/nft-foreign.js';
import { parseRuleset, portElements } from '../../src/host/nft-list.js';
import { removeScript, rotationOf, rotationScript } from '../../src/host/nft-rolling.js';

/** As nft 1.0.6 prints: with a comment, joined keys, and without either. */
const FLIPPED = {
  nftables: [
    { metainfo: { json_schema_version: 1 } },
    { table: { family: 'inet', name: 'hitless_flip' } },
    map('addresses4', [[{ concat: ['10.1.1.2', 81] }, 18_002]]),
    map('ports4', [[{ elem: { val: 80, comment: 'haproxy /a.cfg' } }, 18_001]]),
    map('ports6', [[80, 18_001]]),
  ],
};

function map(name: string, elem: readonly unknown[]): unknown {
  return { map: { family: 'inet', table: 'hitless_flip', name, elem } };
}

test('the doors of a flip are read with and without address and comment', () => {
  const elements = portElements(parseRuleset(JSON.stringify(FLIPPED)), 'hitless_flip');
  assert.equal(placedAt(elements, { family: 'ipv4', host: null, port: 80 }), 18_001);
  assert.equal(placedAt(elements, { family: 'ipv6', host: null, port: 80 }), 18_001);
  assert.equal(placedAt(elements, { family: 'ipv4', host: '10.1.1.2', port: 81 }), 18_002);
  assert.equal(placedAt(elements, { family: 'ipv4', host: '10.1.1.3', port: 81 }), null);
});

test('a flip replaces what is there, adds what is new and removes what is gone, in one script', () => {
  const elements = portElements(parseRuleset(JSON.stringify(FLIPPED)), 'hitless_flip');
  const script = placeScript(
    elements,
    [
      { family: 'ipv4', host: null, port: 80, to: 18_003 },
      { family: 'ipv6', host: 'fd00::1', port: 443, to: 18_004 },
      { family: 'ipv4', host: '10.1.1.2', port: 81, to: null },
    ],
    'a "quoted" näme',
  );
  assert.deepEqual(script.split('\n'), [
    'delete element inet hitless_flip ports4 { 80 }',
    'add element inet hitless_flip ports4 { 80 comment "a ?quoted? n?me" : 18003 }',
    'add element inet hitless_flip addresses6 { fd00::1 . 443 comment "a ?quoted? n?me" : 18004 }',
    'delete element inet hitless_flip addresses4 { 10.1.1.2 . 81 }',
  ]);
});

type Expr = Readonly<Record<string, unknown>>;

const dport = (right: unknown): Expr => ({
  match: { op: '==', left: { payload: { protocol: 'tcp', field: 'dport' } }, right },
});

function foreign(hook: string, type: string, policy: string, exprs: readonly (readonly Expr[])[]) {
  const place = { family: 'ip', table: 'docker' };
  const rules = exprs.map((expr) => ({ rule: { ...place, chain: 'base', expr } }));
  const jumped = { rule: { ...place, chain: 'inner', expr: [{ dnat: { addr: '10.0.0.2' } }] } };
  const chain = { chain: { ...place, name: 'base', hook, type, policy } };
  return parseRuleset(JSON.stringify({ nftables: [chain, ...rules, jumped] }));
}

for (const [what, expr, diverts] of [
  ['the very port', [dport(80), { redirect: { port: 9000 } }], true],
  ['a range', [dport({ range: [1, 100] }), { dnat: {} }], true],
  ['a set', [dport({ set: [443, 80] }), { dnat: {} }], true],
  ['a named set, which may hold it', [dport('@ports'), { dnat: {} }], true],
  ['every port', [{ dnat: {} }], true],
  ['a jump to a chain that translates', [dport(80), { jump: { target: 'inner' } }], true],
  ['a target of iptables', [dport(80), { xt: null }], true],
  ['another port', [dport(8080), { dnat: {} }], false],
  ['all but this one', [not(dport(80)), { dnat: {} }], false],
  ['a jump for another port', [dport(81), { jump: { target: 'inner' } }], false],
  ['UDP', [protocol('udp'), { dnat: {} }], false],
  ['nothing: it only counts', [dport(80), { counter: {} }], false],
] as const) {
  test(`a foreign rule for ${what} ${diverts ? 'directs the port' : 'leaves the port alone'}`, () => {
    const found = divertsPort(foreign('prerouting', 'nat', 'accept', [expr]), 80);
    assert.equal(found !== undefined, diverts);
  });
}

function not({ match }: Expr): Expr {
  return { match: { ...(match as Expr), op: '!=' } };
}

function protocol(right: string): Expr {
  return { match: { op: '==', left: { meta: { key: 'l4proto' } }, right } };
}

const ACCEPT = { accept: null };
const DNATTED = { match: { op: 'in', left: { ct: { key: 'status' } }, right: 'dnat' } };

for (const [what, policy, exprs, shuts] of [
  ['drops by policy and names the public port only', 'drop', [[dport(80), ACCEPT]], true],
  ['lets in what was directed', 'drop', [[DNATTED, ACCEPT]], false],
  ['lets the range in', 'drop', [[dport({ range: [18_000, 18_999] }), ACCEPT]], false],
  ['accepts by policy', 'accept', [], false],
] as const) {
  test(`an input chain that ${what} ${shuts ? 'shuts' : 'does not shut'} the instance's port`, () => {
    const found = shutsPort(foreign('input', 'filter', policy, exprs), 18_000);
    assert.equal(found !== undefined, shuts);
  });
}

test('a rotation is what its chain says', () => {
  const table = { table: { family: 'inet', name: 'hitless_rolling' } };
  const target = {
    key: { jhash: { mod: 2 } },
    data: {
      set: [
        [0, 8081],
        [1, 8082],
      ],
    },
  };
  const expr = [{ dnat: { family: 'ip', port: { map: target } } }];
  const rule = { rule: { family: 'inet', table: 'hitless_rolling', chain: 'port_80', expr } };
  const ruleset = parseRuleset(JSON.stringify({ nftables: [table, rule] }));
  assert.deepEqual(rotationOf(ruleset, 80), { port: 80, members: [8081, 8082], spread: 'source' });
  assert.equal(rotationOf(ruleset, 81), null);
  const script = rotationScript(ruleset, { port: 80, members: [8082], spread: 'turns' });
  assert.match(script, /^add chain inet hitless_rolling port_80\nflush chain/);
  assert.match(script, /dnat ip6 to ip6 daddr : numgen inc mod 1 map \{ 0 : 8082 \}$/);
  assert.doesNotMatch(removeScript(80), /delete table/, 'open connections need the table');
});

test('flows of connection tracking are known by their state and their client', () => {
  const text =
    'tcp      6 59 SYN_RECV src=10.0.0.2 dst=10.0.0.1 sport=4711 dport=80 src=10.0.0.1 dst=10.0.0.2 sport=18001 dport=4711 mark=0 use=1\nconntrack v1.4.7\n';
  assert.deepEqual(parseFlows(text), [
    {
      state: 'SYN_RECV',
      client: '10.0.0.2:4711',
      target: '10.0.0.1:80',
    },
  ]);
});
