import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideMethod, needsHoldFacts } from '../../src/reload/decide.js';
import type { Facts } from '../../src/methods/facts.js';
import { CUTTING, FACTS, IPV6, MASTER, NOT_PASSING, UNIX } from '../methods/facts.js';

const auto = (facts: Facts, allowLoss = false) =>
  decideMethod({ method: 'auto', allowLoss }, facts);
const without = (facts: Facts): Facts => ({ ...facts, migrateRequests: 'absent' });
const HOPELESS = without({ ...NOT_PASSING, frontends: CUTTING.frontends, holds: null });

const CHOICES: readonly (readonly [string, Facts, string])[] = [
  ['fd-pass comes first', FACTS, 'fd-pass'],
  ['quiesce where a soft stop would cut idle clients', CUTTING, 'quiesce'],
  ['migrate where no socket is passed on', NOT_PASSING, 'migrate'],
  ['migrate where neither can be', { ...IPV6, frontends: CUTTING.frontends }, 'migrate'],
  ['fd-pass for a master', MASTER, 'fd-pass'],
  ['fd-pass for unix sockets', UNIX, 'fd-pass'],
];

for (const [title, facts, method] of CHOICES) {
  test(`auto takes ${title}`, () => {
    const choice = auto(facts);
    assert.equal(choice.method, method);
    assert.deepEqual(choice.losses, []);
  });
}

test('auto says of every method before the chosen one why it was passed over', () => {
  const { reasons } = auto({ ...IPV6, frontends: CUTTING.frontends });
  assert.equal(reasons.length, 3);
  assert.match(reasons[0] ?? '', /^migrate: /);
  assert.match(reasons[1] ?? '', /^not fd-pass: would lose requests of keep-alive clients/);
  assert.match(reasons[2] ?? '', /^not quiesce: .*IPv6/);
});

test('where nothing is lossless, auto refuses, lists each reason and names what would help', () => {
  const facts = { ...MASTER, frontends: CUTTING.frontends };
  assert.throws(
    () => auto(facts),
    (error: Error & { code?: string; exitCode?: number; hint?: string }) => {
      assert.deepEqual([error.code, error.exitCode], ['not-lossless', 10]);
      for (const method of ['fd-pass', 'quiesce', 'migrate'])
        assert.match(error.message, new RegExp(`${method}: `));
      assert.match(error.hint ?? '', /idle-close-on-response.*--allow-loss/);
      return true;
    },
  );
});

test('with --allow-loss auto still prefers a lossless method', () => {
  assert.equal(auto(CUTTING, true).method, 'quiesce');
});

test('with --allow-loss auto takes the first usable one and says what is lost', () => {
  const choice = auto({ ...MASTER, frontends: CUTTING.frontends }, true);
  assert.equal(choice.method, 'fd-pass');
  assert.equal(choice.losses.length, 1);
});

test('where no method can be used at all, --allow-loss does not help', () => {
  assert.throws(() => auto(HOPELESS, true), { code: 'not-lossless' });
});

test('what a hold takes is looked at for a daemon only, when asked for or when nothing cheaper is lossless', () => {
  const nothingCheaper: Facts = { ...NOT_PASSING, migrateRequests: 'absent' };
  assert.deepEqual(
    [
      needsHoldFacts('auto', FACTS),
      needsHoldFacts('migrate', FACTS),
      needsHoldFacts('auto', { ...nothingCheaper, holds: null }),
      needsHoldFacts('syn-hold', FACTS),
      needsHoldFacts('syn-drop', FACTS),
      needsHoldFacts('syn-drop', MASTER),
      needsHoldFacts('auto', { ...MASTER, frontends: CUTTING.frontends }),
    ],
    [false, false, true, true, true, false, false],
  );
});

test('auto never takes plain', () => {
  for (const allowLoss of [false, true]) {
    assert.throws(() => auto(HOPELESS, allowLoss), { code: 'not-lossless' });
  }
});

test('a method asked for that would lose is refused unless the loss is allowed', () => {
  assert.throws(() => decideMethod({ method: 'plain', allowLoss: false }, FACTS), {
    code: 'not-lossless',
    exitCode: 10,
    subject: 'plain',
  });
  assert.equal(decideMethod({ method: 'plain', allowLoss: true }, FACTS).losses.length, 1);
});

test('a method asked for that cannot be used is refused whatever is allowed', () => {
  assert.throws(() => decideMethod({ method: 'quiesce', allowLoss: true }, MASTER), {
    code: 'method-unusable',
    subject: 'quiesce',
  });
});

test('a drain time-out shorter than clients may idle is refused as lossy', () => {
  const facts: Facts = { ...CUTTING, idleTimeoutMs: 10_000 };
  const request = { method: 'quiesce', allowLoss: false } as const;
  assert.throws(() => decideMethod({ ...request, drainTimeoutMs: 1000 }, facts), {
    code: 'not-lossless',
    message: /clients that are idle when --drain-timeout 1 s is over.*they may stay idle for 10 s/s,
  });
  assert.deepEqual(decideMethod({ ...request, drainTimeoutMs: 10_000 }, facts).losses, []);
  const accepted = decideMethod({ ...request, allowLoss: true, drainTimeoutMs: 1000 }, facts);
  assert.equal(accepted.losses.length, 1);
});
