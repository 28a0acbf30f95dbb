import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Facts } from '../../src/methods/facts.js';
import type { MethodName, MethodSteps } from '../../src/methods/method.js';
import { METHODS } from '../../src/methods/registry.js';
import { throughBridge } from '../../src/methods/supervised.js';
import { definitionOf, effectOf, type Step } from '../../src/steps/registry.js';
import { FACTS } from './facts.js';

/** What every method must keep, whatever it finds: all that users may run into, generated. */

const NAMES = Object.keys(METHODS) as MethodName[];
const LOCALS = ['0.0.0.0:80', '[::1]:81', '/run/a.sock', '127.0.0.1:82'] as const;
const PROCESS = { pid: 5, startTicks: 50 };

const MOSTLY = fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false));
const LISTENER = fc.record({ local: fc.constantFrom(...LOCALS), passable: MOSTLY });

const ANY_FACTS: fc.Arbitrary<Facts> = fc
  .record({
    mode: fc.constantFrom<Facts['mode'][]>('daemon', 'master-worker', 'foreground'),
    sockets: fc.subarray(['/s', '/t']),
    admin: fc.boolean(),
    passes: fc.boolean(),
    http: fc.boolean(),
    cutsIdleClients: fc.boolean(),
    kept: fc.uniqueArray(LISTENER, { selector: ({ local }) => local }),
    migrateRequests: fc.constantFrom<Facts['migrateRequests'][]>('absent', 'off', 'on'),
    runningKnown: fc.boolean(),
    holds: fc.constantFrom<Facts['holds'][]>(FACTS.holds, null),
  })
  .map(({ mode, sockets, admin, passes, http, cutsIdleClients, kept, ...same }) => ({
    ...FACTS,
    ...same,
    mode,
    master: mode === 'master-worker' ? PROCESS : null,
    supervisor: mode === 'foreground' ? PROCESS : null,
    runtime: {
      sockets,
      admin: admin && sockets.length > 0,
      passesSocketsAt: passes ? (sockets[0] ?? null) : null,
    },
    frontends: [{ name: 'web', http, cutsIdleClients: http && cutsIdleClients, place: 'a:1' }],
    listeners: {
      ...FACTS.listeners,
      kept: kept.map(({ local, passable }, at) => ({
        family: familyOf(local),
        local,
        inode: 100 + at,
        passable,
      })),
    },
  }));

function familyOf(local: string): 'ipv4' | 'ipv6' | 'unix' {
  if (local.startsWith('/')) return 'unix';
  return local.startsWith('[') ? 'ipv6' : 'ipv4';
}

interface Planned extends MethodSteps {
  readonly all: readonly Step[];
  readonly facts: Facts;
}

/** Every plan of the method for generated facts, as it would be carried out. */
function forEveryPlan(method: MethodName, check: (planned: Planned) => void): void {
  fc.assert(
    fc.property(ANY_FACTS, fc.nat(60_000), (facts, drainTimeoutMs) => {
      if (!METHODS[method].assess(facts).usable) return;
      const own = METHODS[method].plan({ drainTimeoutMs }, facts);
      const steps = throughBridge(own, facts, drainTimeoutMs);
      check({ ...steps, all: [...steps.handOver, ...steps.retire], facts });
    }),
    { numRuns: 1000 },
  );
}

function before(steps: readonly Step[], id: string): readonly Step[] {
  return steps.slice(
    0,
    steps.findIndex((step) => step.id === id),
  );
}

for (const method of NAMES) {
  test(`${method} judges and plans by the facts alone, and leaves them as they are`, () => {
    fc.assert(
      fc.property(ANY_FACTS, (facts) => {
        const copy = structuredClone(facts);
        const { assess, plan } = METHODS[method];
        const twice = [facts, facts].map((same) => [
          assess(same),
          plan({ drainTimeoutMs: 1 }, same),
        ]);
        assert.deepEqual(twice[0], twice[1]);
        assert.deepEqual(facts, copy);
      }),
    );
  });

  test(`${method} says a cause and a remedy with every refusal and every loss`, () => {
    fc.assert(
      fc.property(ANY_FACTS, (facts) => {
        const assessment = METHODS[method].assess(facts);
        for (const { because, remedy } of assessment.usable ? assessment.losses : [assessment]) {
          assert.ok(because !== '' && remedy !== '');
        }
      }),
    );
  });

  test(`${method} gives every step a name of its own, and words for people`, () => {
    forEveryPlan(method, ({ all }) => {
      const ids = all.map(({ id }) => id);
      assert.equal(new Set(ids).size, ids.length, ids.join(' '));
      for (const step of all) assert.notEqual(definitionOf(step).describe(step), '');
    });
  });

  test(`${method} refers only to processes that an earlier step has started`, () => {
    forEveryPlan(method, ({ all }) => {
      for (const step of all) {
        const earlier = before(all, step.id).map(({ id }) => id);
        for (const [, id] of JSON.stringify(step).matchAll(
          /"(?:startedBy|setBy|heldBy)":"([^"]*)"/g,
        )) {
          assert.ok(earlier.includes(id ?? ''), `${step.id} refers to ${id ?? ''}`);
        }
      }
    });
  });

  test(`${method} takes no step that cannot be undone before the new process is proven`, () => {
    forEveryPlan(method, ({ handOver, facts }) => {
      assert.ok(handOver.some(({ id }) => id === 'confirm'));
      const final = before(handOver, 'confirm').filter((step) => effectOf(step) === 'final');
      // With -sf and by a master the start itself tells the old process to finish.
      const mayBeFinal = method === 'plain' || facts.master !== null ? ['start'] : [];
      for (const { id } of final) assert.ok(mayBeFinal.includes(id), id);
    });
  });

  test(`${method} puts back what it sets in the kernel, and never sets it twice at a time`, () => {
    forEveryPlan(method, ({ handOver, retire, facts }) => {
      for (const steps of [handOver, retire]) {
        const open = new Set<string>();
        for (const step of steps) {
          if (step.kind === 'set-sysctl') {
            assert.equal(facts.migrateRequests, 'off');
            assert.equal(open.size, 0);
            open.add(step.id);
          }
          if (step.kind === 'restore-sysctl') assert.ok(open.delete(step.setBy));
        }
        assert.deepEqual([...open], []);
      }
    });
  });

  test(`${method} asks the runtime API only where it may`, () => {
    forEveryPlan(method, ({ all, facts }) => {
      const asking = all.filter(({ kind }) => kind === 'quiesce' || kind === 'open-runtime');
      if (asking.length > 0) assert.ok(facts.runtime.admin);
    });
  });

  test(`${method} makes an end of every process that it starts but the last`, () => {
    forEveryPlan(method, ({ all, facts }) => {
      const told = all.filter(({ kind }) => kind === 'soft-stop' || kind === 'await-stopping');
      const expected = [
        facts.serving,
        ...(facts.supervisor === null ? [] : [{ startedBy: 'start' }]),
      ];
      assert.deepEqual(
        told.map((step) => ('process' in step ? step.process : undefined)),
        expected,
      );
    });
  });

  test(`${method} plans in plain data, which survives being written down`, () => {
    forEveryPlan(method, ({ all }) => {
      assert.deepEqual(JSON.parse(JSON.stringify(all)), all);
    });
  });
}
