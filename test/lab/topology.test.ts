import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeBatch, nodeCommands, switchBatch } from '../../src/lab/network-plan.js';
import { checkTopology, type NodeSpec, QUESTION_TOPOLOGY } from '../../src/lab/topology.js';

const node = (over: Partial<NodeSpec> = {}): NodeSpec => ({
  name: 'lb',
  addresses: ['10.77.0.1/24'],
  ...over,
});

test('the topology of the question is valid', () => {
  checkTopology(QUESTION_TOPOLOGY);
});

const WRONG: readonly (readonly [string, readonly NodeSpec[], RegExp])[] = [
  ['a name that an interface cannot have', [node({ name: 'much-too-long-name' })], /usable name/],
  ['a name that looks like an option', [node({ name: '-batch' })], /usable name/],
  ['the name of the bridge', [node({ name: 'br0' })], /"br0", which is taken/],
  ['a name used twice', [node(), node({ addresses: [] })], /"lb", which is taken/],
  ['an address used twice', [node(), node({ name: 'b' })], /10\.77\.0\.1\/24", which is taken/],
  ['an address without prefix', [node({ addresses: ['10.0.0.1'] })], /not ADDRESS\/PREFIX/],
  ['an IPv4 prefix above 32', [node({ addresses: ['10.0.0.1/33'] })], /not ADDRESS\/PREFIX/],
  ['a second word in an address', [node({ addresses: ['10.0.0.1/24 dev lo'] })], /ADDRESS/],
];

for (const [what, nodes, message] of WRONG) {
  test(`a topology with ${what} is refused`, () => {
    assert.throws(() => checkTopology({ nodes }), { code: 'lab-failed', message });
  });
}

test('each node gets a namespace of its own and one port on the bridge', () => {
  assert.deepEqual(
    switchBatch({ nodes: [node()] })
      .trimEnd()
      .split('\n')
      .slice(2),
    ['netns add lb', 'link add lb type veth peer name eth0 netns lb', 'link set lb master br0 up'],
  );
});

test('IPv6 addresses are usable at once, without duplicate address detection', () => {
  const lines = nodeBatch(node({ addresses: ['10.77.0.1/24', 'fd77::1/64'] })).split('\n');
  assert.ok(lines.includes('addr add 10.77.0.1/24 dev eth0'));
  assert.ok(lines.includes('addr add fd77::1/64 dev eth0 nodad'));
});

test('delay and sysctls become commands of the node, and nothing is run without them', () => {
  assert.deepEqual(nodeCommands(node()), []);
  const commands = nodeCommands(
    node({ delayMs: 75, sysctls: { 'net.ipv4.tcp_migrate_req': '1' } }),
  );
  assert.deepEqual(commands[0]?.slice(-4), ['delay', '75ms', 'limit', '100000']);
  assert.deepEqual(commands[1], ['sysctl', '-q', '-w', 'net.ipv4.tcp_migrate_req=1']);
});
