import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lossRateUpperBound95, regularizedBeta } from '../../src/probe/bound.js';
import { DeadlineList, type Due } from '../../src/probe/deadline-list.js';
import { Fifo } from '../../src/probe/fifo.js';
import {
  encodeHistogram,
  mergeEncoded,
  newHistogram,
  percentiles,
  recordMs,
} from '../../src/probe/histogram.js';
import { LOSSES_KEPT, LossTally } from '../../src/probe/loss.js';
import { counterDifference, parseCounters } from '../../src/probe/netstat.js';
import { causeOfEnding, type Cause, type Ending } from '../../src/probe/outcome.js';
import { ReloadTimeline } from '../../src/probe/phases.js';
import { BodyMatcher, referenceOf } from '../../src/probe/reference.js';
import { plannedReloads, reloadDueMs } from '../../src/probe/reload-driver.js';
import {
  arrivals,
  arrivalsBefore,
  intendedMs,
  nextOf,
  workersFor,
} from '../../src/probe/schedule.js';
import { kindCycle, parseTarget } from '../../src/probe/target.js';
import { type Evidence, judge } from '../../src/probe/verdict.js';

const SCHEDULES = fc.record({
  ratePerSecond: fc.integer({ min: 1, max: 50_000 }),
  forMs: fc.integer({ min: 1, max: 2000 }),
  workers: fc.integer({ min: 1, max: 8 }),
});

test('the workers send every arrival exactly once, all of them within the run', () => {
  fc.assert(
    fc.property(SCHEDULES, (schedule) => {
      const total = arrivals(schedule);
      const times = new Uint8Array(total);
      for (let worker = 0; worker < schedule.workers; worker += 1) {
        for (let n = worker; n < total; n = nextOf(schedule, n)) {
          times[n] = (times[n] ?? 0) + 1;
          assert.ok(intendedMs(schedule, n) < schedule.forMs + 1e-6);
        }
      }
      assert.ok(times.every((count) => count === 1));
    }),
    { numRuns: 50 },
  );
});

test('the arrivals before an instant are those that were due before it', () => {
  const schedule = { ratePerSecond: 1000, forMs: 5000, workers: 2 };
  assert.equal(arrivals(schedule), 5000);
  assert.equal(arrivalsBefore(schedule, 0), 0);
  assert.equal(arrivalsBefore(schedule, 10), 10);
  assert.equal(arrivalsBefore(schedule, 10.5), 11);
  assert.equal(arrivalsBefore(schedule, 9999), 5000);
  assert.equal(arrivals({ ...schedule, ratePerSecond: 0.5, forMs: 1 }), 1);
});

test('threads take at most half of the cores, and at least one is started', () => {
  assert.equal(workersFor(100_000, 1), 1);
  assert.equal(workersFor(100_000, 2), 1);
  assert.equal(workersFor(1000, 16), 1);
  assert.equal(workersFor(30_000, 16), 4);
});

// One-sided 95 % Clopper-Pearson bounds; for 1 of n it solves (1-p)^n + n p (1-p)^(n-1) = 0.05.
const BOUNDS = [
  [0, 5000, 0.0006],
  [0, 2, 1],
  [1, 10, 0.394163],
  [1, 100, 0.046559],
  [5, 100, 0.102253],
  [10, 100, 0.163718],
  [99, 100, 0.999487],
  [100, 100, 1],
  [0, 0, 1],
] as const;

for (const [lost, n, expected] of BOUNDS) {
  test(`${lost} lost of ${n} bounds the loss rate at ${expected}`, () => {
    assert.ok(Math.abs(lossRateUpperBound95(lost, n) - expected) < 2e-6);
  });
}

test('the bound leaves 5 % for as few losses as were seen, by the binomial sum', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 61, max: 3000 }), (lost, n) => {
      const p = lossRateUpperBound95(lost, n);
      let term = n * Math.log1p(-p);
      let sum = Math.exp(term);
      for (let k = 1; k <= lost; k += 1) {
        term += Math.log((n - k + 1) / k) + Math.log(p) - Math.log1p(-p);
        sum += Math.exp(term);
      }
      assert.ok(Math.abs(sum - 0.05) < 1e-6, `${sum}`);
    }),
  );
  assert.ok(Math.abs(regularizedBeta(0.5, 2, 2) - 0.5) < 1e-12);
  assert.ok(lossRateUpperBound95(3000, 1_000_000) < 0.0031);
});

const ENDINGS: readonly [Partial<Ending>, Cause][] = [
  [{ how: 'ECONNREFUSED', connected: false }, 'refused'],
  [{ how: 'ENOENT', connected: false }, 'refused'],
  [{ how: 'EAGAIN', connected: false }, 'refused'],
  [{ how: 'ETIMEDOUT', connected: false }, 'connect-timeout'],
  [{ how: 'ECONNRESET', connected: false }, 'reset'],
  [{ how: 'ECONNRESET' }, 'reset'],
  [{ how: 'EPIPE' }, 'reset'],
  [{ how: 'FIN' }, 'closed-unanswered'],
  [{ how: 'FIN', reused: true }, 'closed-reused'],
  [{ how: 'ECONNRESET', reused: true }, 'closed-reused'],
  [{ how: 'FIN', begun: true }, 'truncated'],
  [{ how: 'ECONNRESET', begun: true, reused: true }, 'truncated'],
  [{ how: 'EMFILE', connected: false }, 'client-error'],
  [{ how: 'EADDRNOTAVAIL', connected: false }, 'client-error'],
  [{ how: 'EPROTO' }, 'protocol'],
];

for (const [ending, cause] of ENDINGS) {
  test(`${JSON.stringify(ending)} is ${cause}`, () => {
    const whole = { how: 'FIN', connected: true, reused: false, begun: false, ...ending };
    assert.equal(causeOfEnding(whole), cause);
  });
}

test('an instant lies before, in or after the reload nearest to it', () => {
  const timeline = new ReloadTimeline();
  timeline.start(1, 100);
  timeline.end(1, 150);
  timeline.start(2, 300);
  assert.deepEqual(timeline.phaseAt(99), { kind: 'before' });
  assert.deepEqual(timeline.phaseAt(100), { kind: 'during', reload: 1, sinceMs: 0 });
  assert.deepEqual(timeline.phaseAt(150), { kind: 'during', reload: 1, sinceMs: 50 });
  assert.deepEqual(timeline.phaseAt(250), { kind: 'after', reload: 1, sinceMs: 100 });
  assert.deepEqual(timeline.phaseAt(999), { kind: 'during', reload: 2, sinceMs: 699 });
});

test('losses are all counted, and only the first are kept', () => {
  const tally = new LossTally();
  const loss = { cause: 'reset', kind: 'new', id: 'a-1', atMs: 1, detail: '' } as const;
  for (let i = 0; i < LOSSES_KEPT + 5; i += 1) {
    const kept = tally.add({ ...loss, phase: { kind: 'after', reload: 3, sinceMs: 1 } });
    assert.equal(kept, i < LOSSES_KEPT);
  }
  assert.equal(tally.counts.total, LOSSES_KEPT + 5);
  assert.equal(tally.phases.after.reset, LOSSES_KEPT + 5);
  assert.equal(tally.kept.length, LOSSES_KEPT);
  assert.equal(tally.ofReload(3), LOSSES_KEPT + 5);
});

const SOUND: Evidence = {
  intended: 1000,
  sent: 1000,
  lost: 0,
  timedOut: 0,
  clientErrors: 0,
  unsettled: 0,
  lagP99Us: 500,
  lagLimitUs: 20_000,
  reloadsWanted: false,
  reloadsRun: 0,
};

const VERDICTS: readonly [string, Partial<Evidence>, string, readonly string[]][] = [
  ['nothing lost', {}, 'lossless', []],
  ['one lost', { lost: 1 }, 'lossy', []],
  ['a late prober', { lagP99Us: 20_001 }, 'inconclusive', ['prober-lagged']],
  ['a late prober and a reset', { lagP99Us: 20_001, lost: 1 }, 'lossy', ['prober-lagged']],
  [
    'a late prober and a time-out',
    { lagP99Us: 20_001, lost: 1, timedOut: 1 },
    'inconclusive',
    ['prober-lagged'],
  ],
  ['no ports left', { clientErrors: 1 }, 'inconclusive', ['client-errors']],
  ['too little sent', { sent: 949 }, 'inconclusive', ['undersent']],
  ['few samples', { sent: 99, intended: 99 }, 'inconclusive', ['too-few-samples']],
  ['no reload', { reloadsWanted: true }, 'inconclusive', ['no-reload-ran']],
];

for (const [name, evidence, verdict, doubts] of VERDICTS) {
  test(`${name}: ${verdict}`, () => {
    assert.deepEqual(judge({ ...SOUND, ...evidence }), { verdict, doubts });
  });
}

test('histograms of workers merge into the percentiles of all', () => {
  const [one, two] = [newHistogram(), newHistogram()];
  for (let ms = 1; ms <= 50; ms += 1) recordMs(one, ms);
  for (let ms = 51; ms <= 100; ms += 1) recordMs(two, ms);
  const merged = newHistogram();
  for (const part of [one, two]) mergeEncoded(merged, encodeHistogram(part));
  const { p50, p90, max } = percentiles(merged);
  assert.deepEqual(
    [p50, p90, max].map((us) => Math.round(us / 1000)),
    [50, 90, 100],
  );
  assert.equal(percentiles(newHistogram()).max, 0);
});

test('a body is right only whole, unmodified and under the status it was learnt with', () => {
  const reference = referenceOf(
    [
      { status: 200, body: Buffer.from('one') },
      { status: 200, body: Buffer.from('other') },
      { status: 200, body: Buffer.from('one') },
    ],
    'digest',
  );
  assert.equal(reference.answers.length, 2);
  const matches = (text: string, status = 200) => {
    const matcher = new BodyMatcher(reference);
    for (const letter of Buffer.from(text)) matcher.body(Buffer.from([0, letter]), 1, 2);
    return matcher.matches(status);
  };
  assert.deepEqual(
    ['one', 'other', 'on', 'oneo', 'othen', ''].map((text) => matches(text)),
    [true, true, false, false, false, false],
  );
  assert.equal(matches('one', 404), false);
});

test('more distinct bodies than are plausible leave framing alone to be checked', () => {
  const answers = Array.from({ length: 9 }, (_, i) => ({ status: 200, body: Buffer.from([i]) }));
  assert.equal(referenceOf(answers, 'digest').check, 'framing');
  assert.equal(referenceOf(answers.slice(1), 'digest').check, 'digest');
});

test('a deadline list expires what is due, in order, and nothing that was removed', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 30 }), fc.nat(30), (removed, now) => {
      const list = new DeadlineList();
      const expired: number[] = [];
      const items = removed.map((_, i): Due => {
        return { deadlineMs: i, links: undefined, expire: () => void expired.push(i) };
      });
      for (const item of items) list.add(item);
      removed.forEach((remove, i) => remove && list.remove(items[i] as Due));
      list.expire(now);
      const alive = items.map((_, i) => i).filter((i) => !removed[i]);
      assert.deepEqual(
        expired,
        alive.filter((i) => i <= now),
      );
      assert.equal(list.size, alive.length - expired.length);
      list.expireAll();
      assert.deepEqual(expired, alive);
    }),
  );
});

test('a queue gives back everything in order', () => {
  const queue = new Fifo<number>();
  const taken: (number | undefined)[] = [];
  for (let i = 0; i < 5000; i += 1) {
    queue.put(i);
    if (i % 3 !== 0) taken.push(queue.take());
  }
  while (queue.size > 0) taken.push(queue.take());
  assert.deepEqual(
    taken,
    Array.from({ length: 5000 }, (_, i) => i),
  );
  assert.equal(queue.take(), undefined);
});

test('kernel counters are read from netstat and snmp by name, and subtracted', () => {
  const text =
    'TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 1 2 3\n' +
    'IpExt: InNoRoutes OutRsts\nIpExt: 7 8\nTcp: RtoAlgorithm OutRsts\nTcp: 1 40\n';
  const counters = parseCounters(text);
  assert.deepEqual(counters, { ListenOverflows: 2, ListenDrops: 3, OutRsts: 40 });
  assert.deepEqual(counterDifference(counters, { ...counters, OutRsts: 42 }), {
    ListenOverflows: 0,
    ListenDrops: 0,
    OutRsts: 2,
  });
});

test('reloads are spread over the run or follow an interval, always inside it', () => {
  const four = { kind: 'count', count: 4 } as const;
  assert.deepEqual(
    [1, 2, 4, 5].map((id) => reloadDueMs(four, id, 4000)),
    [500, 1500, 3500, undefined],
  );
  const every = { kind: 'every', everyMs: 100 } as const;
  assert.deepEqual(
    [1, 9, 10].map((id) => reloadDueMs(every, id, 1000)),
    [100, 900, undefined],
  );
  assert.equal(plannedReloads(every, 1000), 9);
});

test('each form of URL names its endpoint', () => {
  const endpointOf = (url: string) => parseTarget(url).endpoint;
  assert.deepEqual(endpointOf('http://h/'), { kind: 'tcp', host: 'h', port: 80 });
  assert.deepEqual(endpointOf('https://[::1]:8443/x?y'), { kind: 'tcp', host: '::1', port: 8443 });
  assert.deepEqual(endpointOf('unix:/run/a.sock:/p'), { kind: 'unix', path: '/run/a.sock' });
  assert.equal(parseTarget('unix:/run/a.sock:/p').path, '/p');
  assert.equal(parseTarget('https://[::1]:8443/x?y').path, '/x?y');
  assert.equal(parseTarget('tcp://h:7').scheme, 'tcp');
});

for (const url of ['', 'h:80', 'ftp://h/', 'http://u:p@h/', 'tcp://h', 'unix:rel', 'http://h/#f']) {
  test(`"${url}" is refused as a URL`, () => {
    assert.throws(() => parseTarget(url), { exitCode: 2 });
  });
}

test('mixed gives each worker every kind, whatever their number', () => {
  const cycle = kindCycle(parseTarget('http://h/'), 'mixed');
  for (let workers = 1; workers <= 8; workers += 1) {
    const seen = new Set<string>();
    for (let i = 0; i < cycle.length; i += 1)
      seen.add(cycle[(i * workers) % cycle.length] as string);
    assert.equal(seen.size, 4);
  }
  assert.throws(() => kindCycle(parseTarget('http://h/'), 'long'), { exitCode: 2 });
  assert.throws(() => kindCycle(parseTarget('tcp://h:1'), 'new'), { exitCode: 2 });
});
