import assert from 'node:assert/strict';
import { test } from 'node:test';
import { showError } from '../../src/cli/errors.js';
import { EXIT, HitlessError, type ExitCode } from '../../src/error.js';
import { fakeIo } from '../fakes/io.js';

const RESULTS: readonly (readonly [ExitCode, string])[] = [
  [EXIT.failed, 'failed'],
  [EXIT.usage, 'refused'],
  [EXIT.refused, 'refused'],
  [EXIT.locked, 'refused'],
  [EXIT.putBack, 'put-back'],
  [EXIT.interrupted, 'put-back'],
  [EXIT.notPutBack, 'failed'],
];

test('the document says by one word whether anything was touched', () => {
  for (const [exitCode, result] of RESULTS) {
    const io = fakeIo();
    showError(new HitlessError('step-failed', exitCode, 'x'), true, io);
    assert.equal(JSON.parse(io.out()).result, result, String(exitCode));
  }
});

test('the document has the code, the message, the subject and the hint', () => {
  const io = fakeIo();
  const detail = { subject: 'a.cfg:2', hint: 'mend it', cause: new Error('hidden') };
  showError(new HitlessError('config-invalid', EXIT.refused, 'a\nb', detail), true, io);
  assert.deepEqual(JSON.parse(io.out()), {
    schemaVersion: 1,
    result: 'refused',
    error: { code: 'config-invalid', message: 'a\nb', subject: 'a.cfg:2', hint: 'mend it' },
  });
  assert.equal(io.out().split('\n').length, 2, 'one line');
});

test('people read the message and the hint on stderr, and stdout stays empty', () => {
  const io = fakeIo();
  showError(
    new HitlessError('locked', EXIT.locked, 'locked by pid 7', { hint: 'wait' }),
    false,
    io,
  );
  assert.equal(io.out(), '');
  assert.equal(io.err(), 'hitless: locked by pid 7\nhint: wait\n');
});

test('without a hint there is no line for it', () => {
  const io = fakeIo();
  showError(new HitlessError('internal', EXIT.failed, 'x'), false, io);
  assert.equal(io.err(), 'hitless: x\n');
});

test('only the names of the lines are coloured, and only on a terminal', () => {
  const io = fakeIo({ colour: { stdout: false, stderr: true } });
  showError(new HitlessError('internal', EXIT.failed, 'x'), false, io);
  assert.equal(io.err(), '\u001b[31mhitless:\u001b[0m x\n');
});
