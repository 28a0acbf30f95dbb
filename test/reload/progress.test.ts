import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JournalRecord } from '../../src/journal/record.js';
import { METHODS } from '../../src/methods/registry.js';
import { direction, progressOf } from '../../src/reload/progress.js';
import { FACTS } from '../methods/facts.js';

const PLAN: JournalRecord = {
  type: 'plan',
  atMs: 1,
  bootId: 'b',
  plan: METHODS.migrate.plan({ drainTimeoutMs: 1 }, FACTS),
};
const begin = (step: string): JournalRecord => ({ type: 'begin', step, before: { of: step } });
const done = (step: string): JournalRecord => ({ type: 'done', step, after: { by: step } });
const progress = (...records: JournalRecord[]) => {
  const found = progressOf([PLAN, ...records]);
  assert.ok(found);
  return found;
};

test('a journal without a plan means that nothing has happened', () => {
  assert.equal(progressOf([]), undefined);
  assert.equal(progressOf([begin('start')]), undefined);
});

const DIRECTIONS: readonly (readonly [string, readonly JournalRecord[], 'forward' | 'undo'])[] = [
  ['nothing begun', [], 'undo'],
  ['a reversible step begun', [begin('migrate-on')], 'undo'],
  [
    'reversible steps done',
    [begin('migrate-on'), done('migrate-on'), begin('start'), done('start')],
    'undo',
  ],
  ['a final step begun', [begin('migrate-on'), done('migrate-on'), begin('quiesce')], 'forward'],
  [
    'a final step refused as a whole',
    [begin('quiesce'), { type: 'not-done', step: 'quiesce', why: '' }],
    'undo',
  ],
  ['a final step in the retiring', [begin('stop')], 'forward'],
];

for (const [what, records, expected] of DIRECTIONS) {
  test(`with ${what} a run goes ${expected === 'undo' ? 'back' : 'forward'}`, () => {
    assert.equal(direction(progress(...records)), expected);
  });
}

test('what steps learnt before and after is kept, what was undone is not begun any more', () => {
  const { before, after, begun } = progress(begin('a'), done('a'), begin('b'), {
    type: 'undone',
    step: 'b',
  });
  assert.deepEqual(before.get('a'), { of: 'a' });
  assert.deepEqual(after.get('a'), { by: 'a' });
  assert.deepEqual([...begun], ['a']);
});

test('hand-over and end are told', () => {
  const open = progress(begin('a'));
  assert.deepEqual([open.handedOver, open.end], [false, undefined]);
  const ended = progress(
    { type: 'handed-over', atMs: 2 },
    { type: 'end', atMs: 3, result: 'put-back' },
  );
  assert.deepEqual([ended.handedOver, ended.end, ended.startedMs], [true, 'put-back', 1]);
});
