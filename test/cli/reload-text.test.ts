import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planText, resultDocument, resultText } from '../../src/cli/reload-text.js';
import type { Plan } from '../../src/reload/plan.js';
import type { PlanResult } from '../../src/reload/run-plan.js';

const OLD = { pid: 7, startTicks: 70 };

const PLAN: Plan = {
  method: 'quiesce',
  reasons: ['quiesce: as fd-pass, and more', 'not fd-pass: it would lose requests'],
  losses: [],
  unverified: null,
  notes: [],
  oldPids: [7],
  starts: ['start'],
  handOver: [{ kind: 'open-runtime', id: 'runtime', process: OLD, sockets: ['/s'] }],
  retire: [{ kind: 'soft-stop', id: 'stop', process: OLD, listenerInodes: [] }],
};

const LOSS = { what: 'requests', because: 'of this', remedy: 'do that' };

const RESULT: PlanResult = {
  result: 'reloaded',
  runId: 'r1',
  method: 'quiesce',
  lossless: true,
  oldPids: [7],
  newPids: [8],
  durationMs: 61.26,
  heldMs: null,
  draining: false,
  plan: PLAN,
};

test('the plan says the method, why it, why none before it, and what will be done', () => {
  assert.deepEqual(planText(PLAN, 80, false, true).split('\n'), [
    'method  quiesce: as fd-pass, and more',
    '        not fd-pass: it would lose requests',
    'steps   open an admin connection to pid 7',
    'then    tell pid 7 to finish (SIGUSR1)',
    '',
  ]);
});

test('before a reload the steps are left out: they are told as they happen', () => {
  assert.doesNotMatch(planText(PLAN, 80, false, false), /steps|then/);
});

test('a loss, its remedy, what is not sure, and notes are part of the plan', () => {
  const plan = { ...PLAN, losses: [LOSS], unverified: 'not sure', notes: ['no stats socket'] };
  assert.deepEqual(planText(plan, 80, false, false).split('\n').slice(2), [
    'loses   requests: of this',
    'remedy  do that',
    'note    not sure',
    '        no stats socket',
    '',
  ]);
});

test('no line of the plan is wider than the terminal, and only the loss has a colour', () => {
  const long = 'a word and another one, '.repeat(8).trim();
  const plan = { ...PLAN, losses: [{ ...LOSS, because: long }], notes: [long], reasons: [long] };
  const wide = planText(plan, 60, false, true).split('\n');
  assert.deepEqual(
    wide.filter((line) => line.length > 60),
    [],
  );
  const coloured = planText(plan, 60, true, true).split('\n');
  assert.equal(coloured.filter((line) => line.startsWith('\u001b[')).length, 1);
  assert.match(coloured.find((line) => line.startsWith('\u001b[')) ?? '', /loses/);
});

test('state that will be lost is a warning with its reason', () => {
  const what = '2 entries of the map /hosts.map';
  const plan = { ...PLAN, lostState: [{ what, because: 'why', remedy: 'how' }] };
  const text = planText(plan, 200, false, false);
  assert.match(text, /warning +state that will be lost: 2 entries of the map \/hosts\.map: why\n/);
});

test('the result says how long it took, by which method, and who serves now', () => {
  assert.equal(resultText(RESULT, 80, false), 'reloaded in 61 ms by quiesce (pid 7 → 8)\n');
});

test('a reload that may have lost something does not pass for a lossless one', () => {
  const lossy = { ...RESULT, lossless: false, plan: { ...PLAN, losses: [LOSS] } };
  assert.match(resultText(lossy, 80, false), /; losses were allowed\n$/);
  const unsure = { ...RESULT, lossless: false, plan: { ...PLAN, unverified: 'not sure' } };
  assert.match(resultText(unsure, 80, false), /; not shown to be lossless, see above\n$/);
});

test('an old generation that drains is named, with the command that shows it', () => {
  const text = resultText({ ...RESULT, draining: true }, 80, false);
  assert.match(text, /\npid 7 goes on serving .*"hitless\nstatus"\)\n$/s);
});

test('nothing to do and a dry run say that nothing was touched', () => {
  assert.match(
    resultText({ ...RESULT, result: 'unchanged' }, 80, false),
    /nothing was reloaded\n$/,
  );
  assert.match(resultText({ ...RESULT, result: 'planned' }, 80, false), /nothing was touched\n$/);
});

test('a hold of new connections is told with its length', () => {
  assert.match(
    resultText({ ...RESULT, method: 'syn-drop', heldMs: 431.6 }, 80, false),
    /by syn-drop \(pid 7 → 8\)\nnew connections were held back for 43\d(\.\d)? ms\n$/,
  );
});

test('the document has the result, the plan with every step in words, and whole numbers', () => {
  const { plan, ...rest } = JSON.parse(JSON.stringify(resultDocument(RESULT)));
  assert.deepEqual(rest, {
    schemaVersion: 1,
    result: 'reloaded',
    method: 'quiesce',
    lossless: true,
    oldPids: [7],
    newPids: [8],
    durationMs: 61.3,
    heldMs: null,
    draining: false,
    run: 'r1',
  });
  assert.deepEqual(plan, {
    method: 'quiesce',
    reasons: PLAN.reasons,
    losses: [],
    unverified: null,
    lostState: [],
    notes: [],
    handOver: [{ id: 'runtime', kind: 'open-runtime', text: 'open an admin connection to pid 7' }],
    retire: [{ id: 'stop', kind: 'soft-stop', text: 'tell pid 7 to finish (SIGUSR1)' }],
  });
});

test('without a plan the document has the same fields', () => {
  const unchanged = {
    ...RESULT,
    result: 'unchanged',
    method: null,
    runId: null,
    plan: null,
  } as const;
  const document = JSON.parse(JSON.stringify(resultDocument(unchanged)));
  assert.deepEqual(Object.keys(document), Object.keys(resultDocument(RESULT) as object));
  assert.deepEqual([document.method, document.run, document.plan], [null, null, null]);
});
