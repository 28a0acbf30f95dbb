import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { type PairLab, startPairLab } from '../../src/lab/pair-lab.js';
import { type LoadSpec, losingNothing } from './load.js';
import {
  asQuestion,
  assertDone,
  assertNoRules,
  awaitNoRules,
  awaitTrue,
  handoff,
  INTERFACE,
  isDiverting,
  killAndStart,
  prepare,
  WEB,
} from './pair.js';
import { assertRefused, HITLESS, hitless, servingPid, stateDir } from './support.js';

let pair: PairLab;
before(async () => {
  pair = await startPairLab();
  await prepare(pair);
});
after(async () => {
  await pair.lab.close();
});
afterEach(async () => {
  assert.equal((await hitless(asQuestion(pair), 'recover')).code, 0);
});

const NEW: LoadSpec = { connections: 'new', rate: 200 };
const TRUE = [...WEB, '--', 'true'] as const;

test('a peer without the address is found out before any client is sent there', async () => {
  const { second } = pair;
  await second.node.must(['ip', 'address', 'delete', '10.77.0.1/32', 'dev', 'lo']);
  try {
    await losingNothing(asQuestion(pair), [NEW], async () => {
      assertRefused(await handoff(pair, TRUE), {
        exit: 10,
        code: 'not-confirmed',
        message: /peer 10\.77\.0\.22 does not answer on 10\.77\.0\.1 port 80/,
        hint: /handoff prepare.*--role peer/,
      });
    });
    await assertNoRules(pair.first);
    const words = ['doctor', '--handoff', '--role', 'peer', ...WEB, ...INTERFACE, '--json'];
    const { code, stdout } = await hitless(asQuestion(pair, second), ...words);
    assert.equal(code, 1);
    assert.match(stdout, /does not have 10\.77\.0\.1 on lo/);
  } finally {
    await second.node.must(['ip', 'address', 'add', '10.77.0.1/32', 'dev', 'lo']);
  }
});

test('a peer that is down is no neighbour', async () => {
  const { lb: node } = asQuestion(pair, pair.second);
  await node.must(['ip', 'link', 'set', 'eth0', 'down']);
  try {
    await pair.first.node.must(['ip', 'neighbour', 'flush', 'dev', 'eth0']);
    assertRefused(await handoff(pair, TRUE), {
      exit: 10,
      code: 'method-unusable',
      message: /peer 10\.77\.0\.22 cannot be reached directly by eth0/,
      hint: /is it up/,
    });
    await assertNoRules(pair.first);
  } finally {
    await node.must(['ip', 'link', 'set', 'eth0', 'up']);
    // Addresses of IPv6 go with the link.
    await node.must(['ip', 'address', 'replace', 'fd77::22/64', 'dev', 'eth0', 'nodad']);
  }
});

test('an interface that does not have the address is refused', async () => {
  assertRefused(await handoff(pair, ['--interface', 'lo', ...WEB, '--', 'true']), {
    exit: 10,
    code: 'method-unusable',
    message: /lo/,
    hint: /doctor --handoff/,
  });
});

test('a table of the same name that somebody else has made is left alone', async () => {
  const { node } = pair.first;
  await node.must(['nft', 'add table ip hitless_handoff; add chain ip hitless_handoff mine']);
  try {
    assertRefused(await handoff(pair, TRUE), {
      exit: 10,
      code: 'method-unusable',
      message: /table of that name which hitless has not made/,
      hint: /nft list table ip hitless_handoff/,
    });
    assert.match(await node.must(['nft', 'list', 'table', 'ip', 'hitless_handoff']), /chain mine/);
  } finally {
    await node.must(['nft', 'delete table ip hitless_handoff']);
  }
});

test('a connection that does not end in time: the flows are taken back, the command never runs', async () => {
  const marker = `${pair.first.node.dir}/ran`;
  const kept: LoadSpec = { connections: 'keep-alive', rate: 100 };
  await losingNothing(asQuestion(pair), [kept], async () => {
    const words = [...WEB, '--drain-timeout', '1s', '--', 'touch', marker];
    const ran = await handoff(pair, words);
    assertRefused(ran, {
      exit: ran.code === 12 ? 12 : 11,
      code: 'drain-timeout',
      message: /connections are still open here after 1 s|still serves flows/,
      hint: /--keeps-connections|recover/,
    });
    assert.equal((await pair.first.node.run(['test', '-e', marker])).code, 1);
    assert.equal(await isDiverting(pair.first), false);
  });
});

test('a command that fails while the service still answers: all is put back', async () => {
  await losingNothing(asQuestion(pair), [NEW], async () => {
    const ran = await handoff(pair, [...WEB, '--', 'bash', '-c', 'echo no such thing >&2; exit 3']);
    assertRefused(ran, {
      exit: 11,
      code: 'step-failed',
      message: /failed \(exit 3\): no such thing/,
      hint: /./,
    });
  });
});

test('a service that does not come back is served by the peer until recover finds it mended', async () => {
  const { first } = pair;
  await losingNothing(asQuestion(pair), [NEW], async () => {
    const kill = ['bash', '-c', 'kill -KILL $(cat "$0")', first.haproxy.paths.pidFile];
    const ran = await handoff(pair, [
      ...WEB,
      '--timeout',
      '3s',
      '--health-path',
      '/',
      '--',
      ...kill,
    ]);
    assertRefused(ran, {
      exit: 12,
      code: 'not-confirmed',
      message: /does not answer: .*ECONNREFUSED; the peer serves/,
      hint: /recover/,
    });
    const listed = ['nft', 'list', 'set', 'ip', 'hitless_handoff', 'services'];
    assert.doesNotMatch(
      await first.node.must(listed),
      /expires/,
      'for good, not for half a minute',
    );
    await first.node.must(first.haproxy.argv);
  });
  assert.equal((await hitless(asQuestion(pair), 'recover')).code, 0);
  assert.equal(await isDiverting(first), false);
});

test('hitless killed while the peer serves: new flows come back by themselves, none is cut', async () => {
  const { first } = pair;
  const words = ['handoff', ...INTERFACE, '--peer', '10.77.0.22', '--peer', 'fd77::22'];
  await losingNothing(asQuestion(pair), [NEW], async () => {
    const argv = [...HITLESS, ...words, ...WEB, '--', 'sleep', '3'];
    const env = { ...process.env, HITLESS_STATE_DIR: stateDir(asQuestion(pair)) };
    const child = await first.node.start(argv, { name: 'killed', env });
    await awaitTrue(async () => await isDiverting(first), 'it never diverts');
    child.kill('SIGKILL');
    await child.exited;
    await awaitTrue(async () => !(await isDiverting(first)), 'the rules do not expire');
  });
});

test('a restart that works after all that, and no rules are left in the end', async () => {
  const former = await servingPid(asQuestion(pair));
  await losingNothing(asQuestion(pair), [NEW], async () => {
    assertDone(await handoff(pair, [...WEB, '--', ...killAndStart(pair.first)]));
  });
  assert.notEqual(await servingPid(asQuestion(pair)), former);
  await awaitNoRules(pair.first);
});
