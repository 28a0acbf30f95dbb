import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTimeMs } from '../../../src/haproxy/config/time.js';

test('a time without a unit is in milliseconds', () => {
  const table: readonly (readonly [string, number | undefined])[] = [
    ['0', 0],
    ['5000', 5000],
    ['1us', 1],
    ['1500us', 2],
    ['20ms', 20],
    ['10s', 10_000],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
    ['1s5', 1000],
    ['25d', undefined],
    ['1x', undefined],
    ['-1', undefined],
    ['', undefined],
  ];
  for (const [text, ms] of table) assert.equal(parseTimeMs(text), ms, text);
});
