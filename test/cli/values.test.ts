import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseCount, parseDurationMs, parseRatePerSecond } from '../../src/cli/values.js';
import { HitlessError } from '../../src/error.js';

function refusal(parse: () => number): HitlessError | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof HitlessError);
    assert.equal(error.code, 'usage');
    assert.ok(error.hint !== undefined && error.hint !== '');
    return error;
  }
}

const DURATIONS: readonly (readonly [string, number])[] = [
  ['0s', 0],
  ['250us', 0.25],
  ['500ms', 500],
  ['10s', 10_000],
  ['1.5s', 1500],
  ['2m', 120_000],
  ['1h', 3_600_000],
  ['596h', 2_145_600_000],
];

test('a duration is a number and its unit, in milliseconds', () => {
  for (const [text, ms] of DURATIONS) assert.equal(parseDurationMs(text), ms, text);
});

test('a duration without a unit, with another one, or with a sign is refused', () => {
  for (const text of [
    '',
    '10',
    's',
    '-1s',
    '+1s',
    '1 s',
    ' 1s',
    '1S',
    '1d',
    '1e3s',
    '.5s',
    '1.s',
  ]) {
    assert.ok(refusal(() => parseDurationMs(text))?.message.includes(`"${text}"`), text);
  }
});

test('a duration that no timer can run is refused, not cut', () => {
  for (const text of ['597h', '2147483648ms', `${'9'.repeat(400)}s`]) {
    assert.match(refusal(() => parseDurationMs(text))?.hint ?? '', /596h/, text);
  }
});

test('a rate is in events per second and above zero', () => {
  assert.equal(parseRatePerSecond('1000'), 1000);
  assert.equal(parseRatePerSecond('1000/s'), 1000);
  assert.equal(parseRatePerSecond('0.5'), 0.5);
  for (const text of ['', '0', '0/s', '-1', '1/m', '1e3', '1k', 'NaN', '9'.repeat(400)]) {
    assert.ok(
      refusal(() => parseRatePerSecond(text)),
      text,
    );
  }
});

test('a count is a whole number of at least its minimum, and the refusal names the option', () => {
  assert.equal(parseCount('1', '--pool'), 1);
  assert.equal(parseCount('0', '--pool', 0), 0);
  for (const text of ['', '0', '-1', '1.5', '1e3', '0x10', ' 1', '１', '9007199254740993']) {
    const refused = refusal(() => parseCount(text, '--pool'));
    assert.equal(refused?.message, `--pool "${text}" is not a whole number of at least 1`);
  }
});

test('what is taken of any text is a finite number that is not negative', () => {
  const texts = fc.oneof(fc.string(), fc.stringMatching(/^[\d.]{1,9}(us|ms|s|m|h|\/s)?$/));
  fc.assert(
    fc.property(texts, (text) => {
      for (const parse of [parseDurationMs, parseRatePerSecond]) {
        const taken = [0];
        const refused = refusal(() => taken.push(parse(text)));
        const value = refused === undefined ? taken[1] : 0;
        assert.ok(value !== undefined && Number.isFinite(value) && value >= 0, text);
      }
    }),
  );
});
