import assert from 'node:assert/strict';
import { test } from 'node:test';
import { demoDocument, demoText } from '../../src/cli/demo-text.js';
import { judge } from '../../src/trial/judgement.js';
import type { WayName } from '../../src/trial/ways/registry.js';
import { losses, trial } from '../fakes/trials.js';

const CONTROL: WayName = 'haproxy -sf';
const QUIESCE: WayName = 'quiesce';

const LOSSY_CONTROL = trial(CONTROL, { verdict: 'lossy', lost: losses({ reset: 4 }) });
const LAGGED = { verdict: 'inconclusive', doubts: ['prober-lagged'] } as const;

test('it is lossless only if hitless lost nothing and the control was seen to lose', () => {
  const judgement = judge([LOSSY_CONTROL, trial(QUIESCE), trial(QUIESCE)]);
  assert.deepEqual(
    { ...judgement, lossRateUpperBound95: 0 },
    {
      verdict: 'lossless',
      sent: 10_000,
      lost: 0,
      lossRateUpperBound95: 0,
      reloads: 6,
      why: [],
    },
  );
  // The rule of three.
  assert.ok(Math.abs(judgement.lossRateUpperBound95 - 3 / 10_000) < 1e-5);
});

test('a control that lost nothing makes it inconclusive', () => {
  const judgement = judge([trial(CONTROL), trial(QUIESCE)]);
  assert.equal(judgement.verdict, 'inconclusive');
  assert.deepEqual(judgement.why, ['the control lost nothing']);
});

test('without a control it is inconclusive', () => {
  assert.equal(judge([trial(QUIESCE)]).verdict, 'inconclusive');
});

test('a prober that lagged in a run of hitless makes it inconclusive, and the run is named', () => {
  const judgement = judge([LOSSY_CONTROL, trial(QUIESCE, LAGGED, { stalled: true })]);
  assert.equal(judgement.verdict, 'inconclusive');
  assert.deepEqual(judgement.why, ['quiesce, stalled: prober-lagged']);
});

test('a prober that lagged in the control does not matter: it only has to lose', () => {
  const control = trial(CONTROL, { ...LAGGED, lost: losses({ reset: 1 }) });
  assert.equal(judge([control, trial(QUIESCE)]).verdict, 'lossless');
});

test('one request lost by hitless is a loss, whatever else is in doubt', () => {
  const lossy = trial(QUIESCE, { ...LAGGED, lost: losses({ timeout: 1 }) });
  const judgement = judge([trial(CONTROL), trial(QUIESCE), lossy]);
  assert.equal(judgement.verdict, 'lossy');
  assert.equal(judgement.lost, 1);
});

test('what the control lost is not counted against hitless', () => {
  assert.equal(judge([LOSSY_CONTROL, trial(QUIESCE)]).lost, 0);
});

test('each kind of connections has a table, with a row for every trial', () => {
  const kept = { connections: 'keep-alive' } as const;
  const trials = [
    LOSSY_CONTROL,
    trial(QUIESCE),
    trial(CONTROL, {}, kept),
    trial(QUIESCE, {}, kept),
  ];
  const text = demoText(trials, judge(trials), false);
  assert.match(text, /\nnew connections, 1000\/s for 5 s; times in ms\n/);
  assert.match(text, /\nkeep-alive connections, 1000\/s for 5 s; times in ms\n/);
  assert.equal(text.match(/^haproxy -sf /gm)?.length, 2);
  assert.match(text, /^haproxy -sf +5000 +4 +2 +0\.9 +12 +20 +31 +60$/m);
});

test('what was lost is told by cause, and the verdict stands last with its reasons', () => {
  const trials = [
    trial(CONTROL, { lost: losses({ reset: 3, refused: 1 }) }),
    trial(QUIESCE, LAGGED),
  ];
  const text = demoText(trials, judge(trials), false);
  assert.match(text, /lost by cause\n {2}haproxy -sf, new: 1 refused, 3 reset\n/);
  assert.match(
    text,
    /\ninconclusive: hitless lost 0 of 5000 requests over 3 reloads.*\n {2}quiesce: prober-lagged\n$/s,
  );
});

test('a loss of hitless is told with its moment, that of a control is not', () => {
  const lost = losses({ 'closed-reused': 1 });
  const loss = {
    cause: 'closed-reused' as const,
    kind: 'keep-alive' as const,
    id: 'a-17',
    atMs: 3214.4,
    detail: 'FIN',
    phase: { kind: 'during' as const, reload: 4, sinceMs: 120 },
  };
  const trials = [CONTROL, QUIESCE].map((way) => trial(way, { lost, losses: [loss] }));
  const text = demoText(trials, judge(trials), false);
  assert.equal(text.match(/3\.214 s/g)?.length, 1);
  assert.match(
    text,
    / {2}quiesce, new: 1 closed-reused\n {4}3\.214 s, during reload 4: closed-reused FIN \(a-17\)\n/,
  );
});

test('no line is wider than 80 columns', () => {
  const big = { sent: 120_000, lost: losses({ reset: 99_999 }) };
  const trials = [trial(CONTROL, big, { stalled: true }), trial(QUIESCE, big)];
  const lines = demoText(trials, judge(trials), false).split('\n');
  assert.deepEqual(
    lines.filter((line) => line.length > 80),
    [],
  );
});

test('the document has the verdict and every trial with its report', () => {
  const trials = [LOSSY_CONTROL, trial(QUIESCE)];
  const document = JSON.parse(JSON.stringify(demoDocument(trials, judge(trials))));
  assert.equal(document.schemaVersion, 1);
  assert.equal(document.verdict, 'lossless');
  const { report: reported, ...second } = document.trials[1];
  assert.deepEqual(second, {
    way: 'quiesce',
    connections: 'new',
    stalled: false,
    reloads: 3,
    reloadMs: [80, 40, 60],
    processesMax: 2,
  });
  assert.equal(reported.sent, 5000);
});
