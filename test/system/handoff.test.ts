import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, test } from 'node:test';
import { startEcho } from '../../src/lab/programs.js';
import { type PairLab, type PairLabOptions, startPairLab } from '../../src/lab/pair-lab.js';
import type { Connections } from '../../src/probe/options.js';
import { stallForAMoment } from '../../src/trial/ways/stalled.js';
import { type LoadSpec, losingNothing, underLoad } from './load.js';
import {
  asQuestion,
  assertDone,
  awaitNoRules,
  handoff,
  killAndStart,
  prepare,
  WEB,
} from './pair.js';
import { sendOvertakenSyns } from './overtaken.js';
import { slowHandshakes } from './slow-handshakes.js';
import { servingPid } from './support.js';

const IPV6 = 'http://[fd77::1]/';

/** Rules go by themselves, half a minute after the last flow that they know: seen in the end. */
const used: PairLab[] = [];

async function withPair(
  options: PairLabOptions,
  use: (pair: PairLab) => Promise<void>,
): Promise<void> {
  const pair = await startPairLab(options);
  used.push(pair);
  await use(pair);
}

after(async () => {
  await Promise.all(used.map(async ({ lab }) => await lab.close()));
});

test('a HAProxy that is killed and started again between two nodes loses nothing', async () => {
  await withPair({}, async (pair) => {
    await prepare(pair);
    await losingNothing(asQuestion(pair), [fresh(), fresh(IPV6)], async () => {
      for (let turn = 0; turn < 3; turn += 1) {
        const before = await servingPid(asQuestion(pair));
        assertDone(
          await handoff(pair, [...WEB, '--health-path', '/', '--', ...killAndStart(pair.first)]),
        );
        assert.notEqual(await servingPid(asQuestion(pair)), before);
      }
    });
  });
});

test('the same restart without a hand-over loses requests', async () => {
  await withPair({}, async (pair) => {
    const { reports } = await underLoad(asQuestion(pair), [fresh()], async () => {
      await pair.first.node.must(killAndStart(pair.first));
    });
    assert.ok((reports[0]?.lost.total ?? 0) > 0);
  });
});

test('kept connections and tunnels of both nodes outlive a hand-over around haproxy -sf', async () => {
  await withPair({ adapt: withTunnel }, async (pair) => {
    await startEcho(pair.lab.node('origin1'));
    const services = [...WEB, '--service', '10.77.0.1:7'];
    await prepare(pair, services);
    const loads: readonly LoadSpec[] = [
      load('keep-alive', 'http://10.77.0.1/', 200),
      load('mixed', IPV6, 100),
      fresh(),
      { connections: 'long', url: 'tcp://10.77.0.1:7', references: [], rate: 50 },
    ];
    await losingNothing(asQuestion(pair), loads, async () => {
      for (let turn = 0; turn < 2; turn += 1) assertDone(await softly(pair, services));
    });
  });
});

for (const late of ['acknowledgements', 'answers'] as const) {
  test(`handshakes that take a second (${late} lost) and a stalled old process lose nothing`, async () => {
    await withPair({}, async (pair) => {
      await prepare(pair);
      await losingNothing(asQuestion(pair), [fresh()], async () => {
        await slowHandshakes(pair.client, late);
        for (let turn = 0; turn < 2; turn += 1) {
          const old = await servingPid(asQuestion(pair));
          const words = [...WEB, '--', ...killAndStart(pair.first)];
          const [done] = await Promise.all([handoff(pair, words), stallForAMoment(pair.lab, old)]);
          assertDone(done);
        }
      });
    });
  });
}

test('a SYN that its own acknowledgement has overtaken does not begin a second connection', async () => {
  await withPair({}, async (pair) => {
    await prepare(pair);
    await losingNothing(asQuestion(pair), [fresh()], async () => {
      await slowHandshakes(pair.client, 'acknowledgements');
      await sendOvertakenSyns(pair.client, pair.urls);
      assertDone(await handoff(pair, [...WEB, '--', ...killAndStart(pair.first)]));
      assertDone(await softly(pair, WEB));
    });
  });
});

for (const nopreempt of [false, true]) {
  const name = nopreempt ? 'with nopreempt' : 'with preemption';
  test(`keepalived moves the address after a hand-over and nothing is lost, ${name}`, async () => {
    await withPair({ nopreempt }, async (pair) => {
      await prepare(pair);
      const { first, second } = pair;
      await losingNothing(asQuestion(pair), [fresh(), fresh(IPV6)], async () => {
        assertDone(await handoff(pair, [...WEB, ...failover(first.keepalived.trackFile)]));
        assert.deepEqual(await holders(pair), [false, true]);
        await awaitNoRules(first);
        if (!nopreempt) return;
        await writeFile(first.keepalived.trackFile, '0\n');
        assertDone(await handoff(pair, [...WEB, ...failover(second.keepalived.trackFile)], second));
        assert.deepEqual(await holders(pair), [true, false]);
      });
    });
  });
}

test('keepalived alone loses connections when it moves the address', async () => {
  await withPair({}, async (pair) => {
    const { reports } = await underLoad(
      asQuestion(pair),
      [load('keep-alive', 'http://10.77.0.1/', 400)],
      async () => {
        await writeFile(pair.first.keepalived.trackFile, '-254\n');
        while (!(await pair.second.keepalived.holdsAddress()));
      },
    );
    assert.ok((reports[0]?.lost.total ?? 0) > 0);
  });
});

test('no rules are left by any of these', async () => {
  for (const { first, second } of used) {
    await awaitNoRules(first);
    await awaitNoRules(second);
  }
});

function load(connections: Connections, url: string, rate: number): LoadSpec {
  return { connections, url, rate };
}

function fresh(url = 'http://10.77.0.1/'): LoadSpec {
  return load('new', url, 200);
}

function failover(trackFile: string): readonly string[] {
  return ['--failover', '--track-file', trackFile, '--wait'];
}

async function holders({ first, second }: PairLab): Promise<readonly boolean[]> {
  return [await first.keepalived.holdsAddress(), await second.keepalived.holdsAddress()];
}

/** The question's own command; the idle clients of the old process are told to leave. */
async function softly(pair: PairLab, services: readonly string[]) {
  const { argv, paths } = pair.first.haproxy;
  const old = (await readFile(paths.pidFile, 'utf8')).trim();
  return await handoff(pair, [...services, '--keeps-connections', '--', ...argv, '-sf', old]);
}

function withTunnel(
  spec: Parameters<NonNullable<PairLabOptions['adapt']>>[0],
): ReturnType<NonNullable<PairLabOptions['adapt']>> {
  const server = { name: 'e1', address: '10.77.0.11:7' };
  return {
    ...spec,
    frontends: [
      ...spec.frontends.map((one) => ({ ...one, idleCloseOnResponse: true })),
      { name: 'tunnel', mode: 'tcp', binds: [':7'], backend: 'echo' },
    ],
    backends: [...spec.backends, { name: 'echo', mode: 'tcp', servers: [server] }],
  };
}
