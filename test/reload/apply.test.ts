import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXIT, messageOf } from '../../src/error.js';
import { recover } from '../../src/reload/recover.js';
import { startHitless } from '../fakes/fake-host.js';
import { shownCrtLists } from '../fakes/runtime-crt-lists.js';
import { runtimeValuesOf } from '../fakes/runtime.js';
import type { World } from '../fakes/world.js';
import {
  applyRequest,
  buildApplyWorld,
  CERTIFICATE_PATH,
  CHANGES,
  EDITED_WORD,
  LIST_PATH,
  MAP_PATH,
  NEW_PEM,
  runApply,
  runNewFile,
} from './apply-world.js';
import { leftovers } from './invariants.js';
import { exitCodeOf, place, type Outcome } from './runs.js';
import { CONFIG_PATH, servingOf, STATE_DIR } from './scenarios.js';
import { CRASH_MODES } from './sweep.js';

/** All that HAProxy and the file hold, for comparing. */
function view(world: World): Readonly<Record<string, unknown>> {
  const { servers, maps, certificates, crtLists, pending, frontends, maxconn } = runtimeValuesOf(
    world,
    servingOf(world),
  );
  return {
    pid: servingOf(world).pid,
    file: world.files.text(CONFIG_PATH),
    servers: Object.fromEntries(
      [...servers]
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([name, { words: _, ...server }]) => [name, server]),
    ),
    // What was deleted comes back at the end.
    map: [...(maps.get(MAP_PATH)?.current ?? [])].sort(([a], [b]) => a.localeCompare(b)),
    certificate: certificates.get(CERTIFICATE_PATH)?.trim(),
    crtLists: shownCrtLists(crtLists),
    loaded: [...certificates].map(([name, pem]) => `${name} ${pem.trim()}`).sort(),
    pending: [...pending.keys()],
    frontends: [...frontends],
    maxconn,
    left: leftovers(world).filter((path) => !/^\/etc\/haproxy\/\w+\.(?:map|pem|list)$/.test(path)),
  };
}

const BEFORE = view(buildApplyWorld());

test('changes are made by the process that serves, in an order that loses nothing, and then in the file', async () => {
  const world = buildApplyWorld();
  const { result, error, effects } = await runApply(world, applyRequest());
  assert.equal(error, undefined);
  assert.equal(result?.result, 'applied');
  assert.equal(result?.method, 'runtime');
  assert.deepEqual(result?.newPids, result?.oldPids);
  const after = view(world);
  assert.equal(after['pid'], BEFORE['pid']);
  assert.match(String(after['file']), new RegExp(EDITED_WORD));
  assert.deepEqual(after['map'], [
    ['b.test', 'other'],
    ['c.test', 'th;ree w'],
  ]);
  assert.equal(after['certificate'], NEW_PEM.trim());
  assert.deepEqual((after['crtLists'] as Record<string, unknown>)[LIST_PATH], [
    '/etc/haproxy/a.pem a.test',
    '/etc/haproxy/c.pem [alpn http/1.1] c.test',
    '/etc/haproxy/d.pem d.test',
    '/etc/haproxy/e.pem e.test',
  ]);
  assert.doesNotMatch(String(after['loaded']), /b.pem/);
  assert.deepEqual(Object.keys(after['servers'] as object), ['web/a', 'web/b', 'web/d']);
  assert.deepEqual((after['servers'] as Record<string, unknown>)['web/d'], {
    address: '127.0.0.1',
    port: '9004',
    weight: 5,
    initialWeight: 5,
    maxconn: 0,
    maint: false,
    drain: false,
    checked: true,
    connections: 0,
  });
  const asked = effects.log.filter((label) => label.startsWith('ask ')).join('\n');
  const order = ['state drain', 'addr 127.0.0.9', 'add server', 'web/d state ready', 'del server'];
  const places = order.map((text) => asked.indexOf(text));
  assert.ok(!places.includes(-1));
  assert.deepEqual(
    places,
    [...places].sort((a, b) => a - b),
  );
});

for (const mode of CRASH_MODES) {
  test(`an apply killed ${mode} any effect is undone or finished by recover`, async (t) => {
    const problems: string[] = [];
    const struck = await sweepApply({ kind: 'crash', mode }, async (world, outcome) => {
      await recoverAll(world);
      const seen = view(world);
      const done = String(seen['file']).includes(EDITED_WORD);
      try {
        assert.deepEqual(seen, done ? await viewAfter() : BEFORE);
      } catch (error) {
        problems.push(`${place(outcome)}: ${messageOf(error)}`);
      }
    });
    t.diagnostic(`${struck} crash points`);
    assert.deepEqual(problems, []);
    assert.ok(struck > 20);
  });
}

async function recoverAll(world: World): Promise<void> {
  const hitless = startHitless(world, undefined);
  const options = { stateDir: STATE_DIR, timeoutMs: 400, onEvent: () => undefined };
  await recover(hitless.host, options);
  hitless.exit();
}

test('whatever call fails once, the exit code says how things stand', async (t) => {
  const problems: string[] = [];
  const struck = await sweepApply({ kind: 'failure' }, async (world, outcome) => {
    const seen = view(world);
    const code = exitCodeOf(outcome);
    try {
      // A lock that stays behind is removed by the next run.
      if (code === EXIT.done) assert.deepEqual({ ...seen, left: [] }, await viewAfter());
      else if (code === EXIT.notPutBack) assert.match(messageOf(outcome.error), /not put back: ./);
      else {
        assert.ok(code === EXIT.putBack || code === EXIT.refused, `exit code ${code}`);
        assert.deepEqual({ ...seen, left: [] }, BEFORE);
      }
    } catch (error) {
      problems.push(`${place(outcome)}: ${messageOf(error)}`);
    }
  });
  t.diagnostic(`${struck} failures`);
  assert.deepEqual(problems, []);
});

async function viewAfter(): Promise<unknown> {
  const world = buildApplyWorld();
  await runApply(world, applyRequest());
  return view(world);
}

async function sweepApply(
  trouble:
    | { readonly kind: 'failure' }
    | { readonly kind: 'crash'; readonly mode: 'before' | 'half' | 'after' },
  judge: (world: World, outcome: Outcome<unknown>) => Promise<void>,
): Promise<number> {
  for (let at = 1; at < 200; at += 1) {
    const world = buildApplyWorld();
    const outcome = await runApply(world, applyRequest(), { ...trouble, at });
    if (!outcome.effects.struck) return at - 1;
    await judge(world, outcome);
  }
  throw new Error('the sweep does not end');
}

for (const command of [
  'weight',
  'addr',
  'add server',
  'del server web/c',
  'commit ssl',
  'add ssl crt-list .*',
  'del ssl crt-list \\S+ \\S+b.pem:',
  'del ssl cert .*b.pem',
  'add map .*c.test',
  'set maxconn',
]) {
  test(`HAProxy refuses "${command}": its words are passed on, and all before it is undone`, async () => {
    const world = buildApplyWorld();
    world.refusedCommand = new RegExp(command);
    const outcome = await runApply(world, applyRequest());
    assert.equal(exitCodeOf(outcome), EXIT.putBack);
    assert.match(messageOf(outcome.error), /Permission denied/);
    world.refusedCommand = undefined;
    assert.deepEqual(view(world), BEFORE);
  });
}

test('a dry run touches nothing', async () => {
  const world = buildApplyWorld();
  const { result, effects } = await runApply(world, applyRequest(), undefined, true);
  assert.equal(result?.result, 'planned');
  assert.deepEqual(view(world), BEFORE);
  assert.deepEqual(
    effects.log.filter((label) => /ask (?!set timeout)/.test(label)),
    [],
  );
});

test('what is so already is unchanged', async () => {
  const world = buildApplyWorld();
  await runApply(world, applyRequest());
  const { result } = await runApply(world, applyRequest());
  assert.equal(result?.result, 'unchanged');
});

test('what cannot be done at run time is done by a reload with the edited file', async () => {
  const world = buildApplyWorld('user');
  const { result, error } = await runApply(world, applyRequest());
  assert.equal(error, undefined);
  assert.equal(result?.result, 'reloaded');
  assert.match(result?.plan?.reasons.at(-1) ?? '', /^not runtime: .*level admin/);
  assert.match(world.files.text(CONFIG_PATH) ?? '', new RegExp(EDITED_WORD));
});

test('a static algorithm takes no weight at run time', async () => {
  const weight = CHANGES.filter((change) => 'attribute' in change && change.attribute === 'weight');
  const { result } = await runApply(buildApplyWorld('admin', 'static-rr'), applyRequest(weight));
  assert.equal(result?.result, 'reloaded');
  assert.match(result?.plan?.reasons.at(-1) ?? '', /static/);
});

test('without a file to edit, what cannot be done at run time is refused', async () => {
  const world = buildApplyWorld('user');
  const { edit: _, ...request } = applyRequest();
  const outcome = await runApply(world, request);
  assert.equal(exitCodeOf(outcome), EXIT.refused);
  assert.match(messageOf(outcome.error), /level admin/);
});

test('an edited file that HAProxy does not accept is refused before the process is touched', async () => {
  const world = buildApplyWorld();
  const path = CONFIG_PATH;
  world.files.write(path, `${world.files.text(path) ?? ''}foo\n`);
  const outcome = await runApply(world, applyRequest());
  assert.equal(exitCodeOf(outcome), EXIT.refused);
  assert.match(messageOf(outcome.error), /unknown keyword 'foo'/);
  assert.deepEqual(view(world)['servers'], BEFORE['servers']);
});

/** All at run time. */
const NEW_WORDS = [
  ['weight 10', 'weight 30 maxconn 7'],
  ['127.0.0.1:9002', '127.0.0.1:9012'],
  ['maxconn 500', 'maxconn 300'],
] as const;

test('a new file whose every change can be made at run time is applied by the same process', async () => {
  const world = buildApplyWorld();
  const { result, error } = await runNewFile(world, NEW_WORDS);
  assert.equal(error, undefined);
  assert.equal(result?.result, 'applied');
  const seen = view(world);
  assert.equal(seen['pid'], BEFORE['pid']);
  const servers = seen['servers'] as Record<string, Record<string, unknown>>;
  assert.equal(servers['web/a']?.['weight'], 30);
  assert.equal(servers['web/a']?.['maxconn'], 7);
  assert.equal(servers['web/b']?.['port'], '9012');
  assert.deepEqual(seen['frontends'], [['www', 300]]);
  assert.match(String(seen['file']), /weight 30 maxconn 7/);
  const again = await runNewFile(world, []);
  assert.equal(again.result?.result, 'unchanged');
});

test('a new file of which one change needs a reload is left to that reload as a whole', async () => {
  const world = buildApplyWorld();
  const { result, error, effects } = await runNewFile(world, [
    ...NEW_WORDS,
    ['balance roundrobin', 'balance leastconn'],
  ]);
  assert.equal(error, undefined);
  assert.equal(result?.result, 'reloaded');
  assert.match(result?.plan?.reasons.at(-1) ?? '', /^not runtime: backend web/);
  assert.ok(!effects.log.some((label) => label.includes('ask set server')));
  assert.notEqual(view(world)['pid'], BEFORE['pid']);
});

for (const mode of CRASH_MODES) {
  test(`a new file: killed ${mode} any effect, recover leaves file and process agreeing`, async () => {
    const done = buildApplyWorld();
    await runNewFile(done, NEW_WORDS);
    const after = view(done);
    for (let at = 1; ; at += 1) {
      const world = buildApplyWorld();
      const outcome = await runNewFile(world, NEW_WORDS, { kind: 'crash', mode, at });
      if (!outcome.effects.struck) {
        assert.ok(at > 10);
        return;
      }
      await recoverAll(world);
      const seen = view(world);
      const whole = String(seen['file']).includes('weight 30');
      assert.deepEqual(seen, whole ? after : BEFORE, place(outcome));
    }
  });
}
