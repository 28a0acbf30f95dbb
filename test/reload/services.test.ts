import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { HitlessError, messageOf } from '../../src/error.js';
import type { Plan } from '../../src/reload/plan.js';
import { recover } from '../../src/reload/recover.js';
import type { PlanResult } from '../../src/reload/run-plan.js';
import { reloadService, type ServiceRequest } from '../../src/reload/service-reload.js';
import type { Effects, Trouble } from '../fakes/effects.js';
import { startHitless } from '../fakes/fake-host.js';
import { ERROR_LOG, startService, workersOfService } from '../fakes/services.js';
import { World, type FakeProcess } from '../fakes/world.js';
import { settle } from './invariants.js';
import { STATE_DIR } from './scenarios.js';
import { CRASH_MODES } from './sweep.js';

const CONFIG = '/etc/service.conf';
const LISTENS = ['0.0.0.0:80', '[::]:80'];

interface Case {
  readonly service: 'nginx' | 'apache';
  readonly program: 'nginx' | 'apache2';
  readonly listens: readonly string[];
  readonly text: string;
  /** Its clients have no idle connections that a reload could close. */
  readonly safe: string;
}

const CASES: readonly Case[] = [
  {
    service: 'nginx',
    program: 'nginx',
    listens: LISTENS,
    text: `error_log ${ERROR_LOG}; http { server { listen 80; listen [::]:80; } }`,
    safe: `error_log ${ERROR_LOG}; http { keepalive_timeout 0; server { listen 80; listen [::]:80; } }`,
  },
  {
    service: 'apache',
    program: 'apache2',
    listens: ['[::]:80'],
    text: 'Listen 80\n',
    safe: 'Listen 80\nKeepAlive Off\n',
  },
];

interface Stage {
  readonly world: World;
  readonly master: FakeProcess;
}

function stage({ program, text, listens }: Case, config = text): Stage {
  const world = new World();
  world.files.write(CONFIG, config);
  world.files.write(ERROR_LOG, 'earlier\n');
  world.clock.advance(5_000);
  const master = startService(world, program, CONFIG, listens);
  return { world, master };
}

interface Outcome {
  readonly result: PlanResult | undefined;
  readonly error: unknown;
  readonly effects: Effects;
  readonly plan: Plan | undefined;
}

async function run(
  { world }: Stage,
  { service }: Case,
  changes: Partial<ServiceRequest> = {},
  how: { readonly trouble?: Trouble; readonly dryRun?: boolean; readonly look?: () => void } = {},
): Promise<Outcome> {
  const hitless = startHitless(world, how.trouble);
  hitless.effects.onEffect = how.look ?? (() => undefined);
  let plan: Plan | undefined;
  const request: ServiceRequest = {
    service,
    target: {},
    allowLoss: true,
    timeoutMs: 3_000,
    drainTimeoutMs: 5_000,
    ...changes,
  };
  try {
    const result = await reloadService(hitless.host, request, {
      stateDir: STATE_DIR,
      onEvent: () => undefined,
      onPlan: (made) => {
        plan = made;
      },
      dryRun: how.dryRun === true,
      wait: true,
      waitLockMs: 0,
      onDraining: async () => undefined,
    });
    return { result, error: undefined, effects: hitless.effects, plan };
  } catch (error) {
    return { result: undefined, error, effects: hitless.effects, plan };
  } finally {
    hitless.exit();
  }
}

function assertError(outcome: Outcome, code: string, exitCode: number, message: RegExp): void {
  const { error } = outcome;
  assert.ok(error instanceof HitlessError, messageOf(error));
  assert.deepEqual([error.code, error.exitCode], [code, exitCode]);
  assert.match(error.message, message);
}

/** Nothing is waiting in a queue that was closed, and the master listens. */
function assertListening({ world, master }: Stage): void {
  assert.deepEqual(world.resets, []);
  assert.ok(
    world.processes.get(master.pid)?.haproxy?.holdings.every(({ socket }) => socket.listening),
  );
}

function pids({ world, master }: Stage): readonly number[] {
  return workersOfService(world, master).map(({ pid }) => pid);
}

for (const one of CASES) {
  suite(`reload of ${one.service}`, () => {
    test('the new workers serve, the old ones have ended, nothing is left behind', async () => {
      const here = stage(one);
      const old = pids(here);
      const outcome = await run(here, one, {}, { look: () => assertListening(here) });
      assert.equal(outcome.error, undefined, messageOf(outcome.error));
      assert.equal(outcome.result?.result, 'reloaded');
      assert.deepEqual(outcome.result?.oldPids, old);
      assert.deepEqual(outcome.result?.newPids, pids(here));
      assert.ok(old.every((pid) => !here.world.processes.has(pid)));
      assert.deepEqual(here.world.files.list(`${STATE_DIR}/open`), []);
    });

    test('it is refused when keep-alive clients would lose, and the reason is said', async () => {
      const here = stage(one);
      const outcome = await run(here, one, { allowLoss: false });
      assertError(outcome, 'not-lossless', 10, /keep-alive clients/);
      assert.match((outcome.error as HitlessError).hint ?? '', /hitless flip --service/);
      assert.doesNotMatch(outcome.effects.log.join(), /SIG/);
    });

    test('where no client stays connected nothing is lost with nginx, and Apache is still refused', async () => {
      const here = stage(one, one.safe);
      const outcome = await run(here, one, { allowLoss: false });
      if (one.service === 'apache') return assertError(outcome, 'not-lossless', 10, /new connect/);
      assert.deepEqual(outcome.plan?.losses, [], messageOf(outcome.error));
      assert.equal(outcome.result?.lossless, true);
    });

    test('it is not said to be lossless when the files are newer than the workers', async () => {
      const here = stage(one, one.safe);
      for (const worker of workersOfService(here.world, here.master)) delete worker.ageMs;
      const outcome = await run(here, one, { allowLoss: one.service === 'apache' });
      assert.equal(outcome.result?.lossless, false, messageOf(outcome.error));
      assert.match(outcome.plan?.unverified ?? '', /files have changed/);
    });

    test('a broken configuration is refused with its place, and nothing is signalled', async () => {
      const here = stage(one, `foo;\n${one.text}`);
      const outcome = await run(here, one);
      assertError(outcome, 'config-invalid', 10, /foo/);
      assert.equal((outcome.error as HitlessError).subject, `${CONFIG}:1`);
      assert.doesNotMatch(outcome.effects.log.join(), /SIG/);
    });

    test('a dry run touches nothing', async () => {
      const here = stage(one);
      const old = pids(here);
      const outcome = await run(here, one, {}, { dryRun: true });
      assert.equal(outcome.result?.result, 'planned');
      assert.doesNotMatch(outcome.effects.log.join(), /SIG|journal/);
      assert.deepEqual(pids(here), old);
    });

    test('a master that ignores the signal is a failed reload, and the old workers serve', async () => {
      const here = stage(one);
      here.master.stuck = true;
      const old = pids(here);
      assertError(await run(here, one), 'master-ignored', 11, /no new worker within 3000 ms/);
      assert.deepEqual(pids(here), old);
    });

    test('an old worker that goes on accepting is found, and recover goes on when it stops', async () => {
      const here = stage(one);
      const [stuck] = workersOfService(here.world, here.master);
      assert.ok(stuck);
      const holdings = [...stuck.haproxy.holdings];
      const keep = setHoldings(here.world, stuck, holdings);
      assertError(await run(here, one), 'not-confirmed', 12, /old worker \d+ goes on/);
      keep.stop();
      assert.deepEqual(await recovered(here), ['finished']);
    });

    test('several are listed and refused; a pid file says which one', async () => {
      const here = stage(one);
      const other = startService(here.world, one.program, CONFIG, ['127.0.0.1:81']);
      assertError(await run(here, one), 'target-ambiguous', 10, new RegExp(`${other.pid}`));
      here.world.files.write('/run/x.pid', `${here.master.pid}\n`);
      const outcome = await run(here, one, { target: { pidFile: '/run/x.pid' } });
      assert.equal(outcome.result?.result, 'reloaded', messageOf(outcome.error));
    });

    test('a pid file that names nothing, no process, or another program is refused', async () => {
      const here = stage(one);
      const target = { pidFile: '/run/x.pid' };
      assertError(await run(here, one, { target }), 'target-not-found', 10, /no pid file/);
      here.world.files.write('/run/x.pid', 'x\n');
      assertError(await run(here, one, { target }), 'target-not-found', 10, /holds no pid/);
      here.world.files.write('/run/x.pid', '99999\n');
      assertError(await run(here, one, { target }), 'target-gone', 10, /no such process/);
      const wrong = startService(
        here.world,
        one.program === 'nginx' ? 'apache2' : 'nginx',
        CONFIG,
        [],
      );
      here.world.files.write('/run/x.pid', `${wrong.pid}\n`);
      assertError(await run(here, one, { target }), 'target-foreign', 10, /and not/);
    });

    test('killed after the signal, recover does not send it again', async () => {
      for (let at = 1; ; at += 1) {
        const here = stage(one);
        const trouble = { kind: 'crash', at, mode: 'after' } as const;
        const { effects } = await run(here, one, {}, { trouble });
        assert.ok(effects.struck, 'there is a signal');
        if (!effects.where.includes('SIG')) continue;
        // Apache has no worker at all by now.
        here.world.clock.advance(500);
        const hitless = startHitless(here.world);
        const options = { stateDir: STATE_DIR, timeoutMs: 3_000, onEvent: () => undefined };
        await recover(hitless.host, options);
        assert.doesNotMatch(hitless.effects.log.join(), /SIG/);
        assert.equal(pids(here).length, 2);
        return;
      }
    });

    test('a worker names its master', async () => {
      const here = stage(one);
      const outcome = await run(here, one, { target: { pid: pids(here)[0] ?? 0 } });
      assert.equal(outcome.result?.result, 'reloaded', messageOf(outcome.error));
    });

    for (const mode of CRASH_MODES) {
      test(`killed ${mode} any effect, recover finishes or undoes it, and the next reload works`, async () => {
        let struck = 0;
        for (let at = 1; ; at += 1) {
          assert.ok(at < 100, 'the sweep ends');
          const here = stage(one);
          const trouble = { kind: 'crash', at, mode } as const;
          const outcome = await run(here, one, {}, { trouble, look: () => assertListening(here) });
          if (!outcome.effects.struck) break;
          struck += 1;
          await recovered(here);
          settle(here.world);
          assertListening(here);
          assert.equal(pids(here).length, 2, outcome.effects.where);
          assert.deepEqual(await recovered(here), [], 'a second recover finds nothing');
          const next = await run(here, one);
          assert.equal(next.result?.result, 'reloaded', messageOf(next.error));
        }
        assert.ok(struck > 5);
      });
    }
  });
}

/** As a worker that is stopped: it keeps what it holds, whatever it is told. */
function setHoldings(
  world: World,
  process: FakeProcess,
  holdings: NonNullable<FakeProcess['haproxy']>['holdings'],
): { readonly stop: () => void } {
  const state = process.haproxy;
  assert.ok(state);
  const { argv } = process;
  let stopped = false;
  world.clock.onTask = () => {
    if (stopped) return;
    world.processes.set(process.pid, process);
    process.argv = argv;
    state.holdings = holdings;
  };
  return {
    stop: () => {
      stopped = true;
      world.end(process);
    },
  };
}

async function recovered({ world }: Stage): Promise<readonly string[]> {
  const hitless = startHitless(world);
  const runs = await recover(hitless.host, {
    stateDir: STATE_DIR,
    timeoutMs: 3_000,
    onEvent: () => undefined,
  });
  hitless.exit();
  return runs.map(({ outcome }) => outcome);
}

test('an nginx that cannot bind keeps its workers, and its error log says why', async () => {
  const [nginx] = CASES;
  assert.ok(nginx);
  const here = stage(nginx);
  const old = pids(here);
  here.world.files.append(
    ERROR_LOG,
    `2026/01/02 03:04:05 [emerg] ${here.master.pid}#1: of before\n`,
  );
  here.world.masterRefuses = true;
  assertError(await run(here, nginx), 'start-failed', 11, /bind\(\) to 0\.0\.0\.0:81 failed \(98/);
  assert.deepEqual(pids(here), old);
});

test('an Apache that ends over its reload is said to have ended, with the words that start it', async () => {
  const [, apache] = CASES;
  assert.ok(apache);
  const here = stage(apache);
  here.world.masterRefuses = true;
  const outcome = await run(here, apache);
  assertError(outcome, 'target-gone', 12, /has ended while it reloaded/);
});
