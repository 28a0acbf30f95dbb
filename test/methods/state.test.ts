import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Facts } from '../../src/methods/facts.js';
import type { MethodName } from '../../src/methods/method.js';
import { METHODS } from '../../src/methods/registry.js';
import { throughBridge } from '../../src/methods/supervised.js';
import { FACTS, MASTER } from './facts.js';

const STATE: Facts['state'] = {
  ...FACTS.state,
  servers: [
    {
      server: { backend: 'web', server: 'a' },
      state: 'maint',
      weight: null,
      down: null,
      healthOff: false,
      agentOff: false,
      address: null,
    },
  ],
  files: [{ path: '/states', contentBase64: '' }],
  tables: { handedOn: ['www'], isLearning: true },
};

function idsOf(method: MethodName, facts: Facts): readonly string[] {
  const planned = METHODS[method].plan({ drainTimeoutMs: 1 }, facts);
  const { handOver, retire } = throughBridge(planned, facts, 1);
  return [...handOver, ...retire].map(({ id }) => id);
}

const CASES: readonly (readonly [MethodName, Facts])[] = [
  ...(Object.keys(METHODS) as MethodName[]).map((name) => [name, FACTS] as const),
  ['fd-pass', MASTER],
  ['quiesce', { ...FACTS, mode: 'foreground', supervisor: FACTS.serving }],
];

const ENDS_OLD = ['quiesce', 'stop', 'stopping', 'release'];

for (const [method, facts] of CASES) {
  test(`${method} (${facts.mode}): state files come before the start, states before the old process is left`, () => {
    const ids = idsOf(method, { ...facts, state: STATE });
    const at = (id: string): number => ids.indexOf(id);
    assert.ok(at('peers') >= 0 && at('peers') < at('state-files'));
    assert.ok(at('state-files') < at('start'));
    assert.ok(at('start') < at('states'));
    for (const id of ENDS_OLD.filter((one) => ids.includes(one))) assert.ok(at('states') < at(id));
  });

  test(`${method} (${facts.mode}): nothing is added where there is nothing to carry over`, () => {
    const ids = idsOf(method, facts);
    assert.ok(!ids.some((id) => ['peers', 'state-files', 'states', 'again-states'].includes(id)));
  });
}

test("a supervisor's next process is given the states too", () => {
  const facts: Facts = { ...FACTS, mode: 'foreground', supervisor: FACTS.serving, state: STATE };
  const ids = idsOf('quiesce', facts);
  assert.ok(ids.indexOf('again') < ids.indexOf('again-states'));
});

test('without an admin socket nobody can be told', () => {
  const runtime = { ...FACTS.runtime, admin: false };
  assert.ok(!idsOf('fd-pass', { ...FACTS, runtime, state: STATE }).includes('states'));
});
