import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bucketMsFor, Series } from '../../src/probe/series.js';

test('a run of up to 100 s has buckets of 100 ms, a longer one has longer ones', () => {
  assert.equal(bucketMsFor(5000), 100);
  assert.equal(bucketMsFor(100_000), 100);
  assert.equal(bucketMsFor(100_001), 200);
  assert.equal(bucketMsFor(3_600_000), 3600);
});

test('however long a run is, and however late its losses, the number of buckets is bounded', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.nat(10_000_000), (forMs, lateMs) => {
      const series = new Series(bucketMsFor(forMs));
      series.answer(forMs - 1, 2);
      series.lose(forMs + lateMs);
      const { lost, answered } = series.report();
      assert.ok(lost.length <= 1200);
      assert.equal(lost.length, answered.length);
      assert.equal(lost.at(-1), 1);
    }),
  );
});

test('an answer counts where its request was due, a loss where it happened', () => {
  const series = new Series(100);
  series.answer(0, 250);
  series.answer(199.9, 1);
  series.lose(-3);
  series.lose(200);
  const { answered, lost, maxUs } = series.report();
  assert.deepEqual(answered, [1, 1, 0]);
  assert.deepEqual(lost, [1, 0, 1]);
  assert.deepEqual(maxUs, [250_000, 1000, null]);
});

test('percentiles are within 5 % of the exact ones, the maximum is exact', () => {
  const latency = fc.double({ min: 0.01, max: 15_000, noNaN: true });
  fc.assert(
    fc.property(fc.array(latency, { minLength: 1, maxLength: 300 }), (values) => {
      const series = new Series(100);
      for (const ms of values) series.answer(50, ms);
      const { p50Us, p99Us, maxUs } = series.report();
      const sorted = values.map((ms) => Math.round(ms * 1000)).sort((a, b) => a - b);
      for (const [share, found] of [
        [0.5, p50Us[0]],
        [0.99, p99Us[0]],
      ] as const) {
        const exact = sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
        assert.ok(Math.abs((found ?? 0) - exact) <= exact * 0.05 + 1, `${found} for ${exact}`);
      }
      assert.equal(maxUs[0], sorted.at(-1));
    }),
  );
});

test('what several workers counted adds up to what one would have', () => {
  const [one, two, all] = [new Series(100), new Series(100), new Series(100)];
  for (let n = 0; n < 400; n += 1) {
    const worker = n % 2 === 0 ? one : two;
    for (const series of [worker, all]) {
      if (n % 7 === 0) series.lose(n);
      else series.answer(n, 1 + (n % 13));
    }
  }
  const merged = new Series(100);
  merged.add(one.buckets);
  merged.add(two.buckets);
  assert.deepEqual(merged.report(), all.report());
});
