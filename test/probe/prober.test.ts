import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { ProbeControl } from '../../src/probe/events.js';
import { type Connections, PROBE_DEFAULTS, type ProbeOptions } from '../../src/probe/options.js';
import type { LossCause } from '../../src/probe/outcome.js';
import { runProbe } from '../../src/probe/prober.js';
import type { Report } from '../../src/probe/report.js';
import { type Fault, startEcho, startStub, type Stub, type StubOptions } from './stub-origin.js';

const QUICK = {
  ...PROBE_DEFAULTS,
  ratePerSecond: 525,
  forMs: 400,
  timeoutMs: 1000,
  poolSize: 5,
  maxLagMs: 10_000,
};

async function stub(t: TestContext, options: StubOptions): Promise<Stub> {
  const started = await startStub(options);
  t.after(() => started.close());
  return started;
}

function probe(url: string, options: Partial<ProbeOptions> = {}): Promise<Report> {
  return runProbe({ ...QUICK, url, ...options });
}

function assertAddsUp(report: Report): void {
  const { sent, answered, lost, clientErrors, unsettled } = report;
  assert.equal(sent, answered + lost.total + clientErrors + unsettled);
}

const FAULTS: readonly [Connections, Fault, LossCause][] = [
  ['new', 'close', 'closed-unanswered'],
  ['new', 'reset', 'reset'],
  ['new', 'truncate', 'truncated'],
  ['new', 'reset-midway', 'truncated'],
  ['new', 'stall', 'timeout'],
  ['new', 'corrupt', 'corrupt'],
  ['new', '5xx', 'proxy-5xx'],
  ['new', '404', 'wrong-status'],
  ['new', 'garbage', 'protocol'],
  ['new', 'trailing-garbage', 'protocol'],
  ['keep-alive', 'close', 'closed-reused'],
  ['keep-alive', 'reset', 'closed-reused'],
  ['keep-alive', 'truncate', 'truncated'],
  ['keep-alive', 'reset-midway', 'truncated'],
  ['keep-alive', 'stall', 'timeout'],
  ['keep-alive', 'corrupt', 'corrupt'],
  ['keep-alive', '5xx', 'proxy-5xx'],
  ['keep-alive', 'garbage', 'protocol'],
  ['keep-alive', 'trailing-garbage', 'protocol'],
];

for (const [connections, fault, cause] of FAULTS) {
  test(`${connections}: each answer that the origin spoils by "${fault}" is found as ${cause}`, async (t) => {
    const origin = await stub(t, { fault, oneIn: 13 });
    // One connection, so that a kept one has always served before it is spoilt (1 in 13); but where
    // requests stall, those behind them are not to wait too.
    const poolSize = fault === 'stall' ? 100 : 1;
    const report = await probe(`http://127.0.0.1:${origin.port}/`, { connections, poolSize });
    assertAddsUp(report);
    assert.ok(origin.spoilt.length >= 5);
    assert.deepEqual(
      report.losses.map((loss) => loss.id).sort(),
      [...origin.spoilt].sort(),
      'one for one, by id',
    );
    assert.deepEqual([...new Set(report.losses.map((loss) => loss.cause))], [cause]);
    assert.equal(report.lost[cause], origin.spoilt.length);
    assert.equal(report.verdict, 'lossy');
  });
}

test('a sound origin is reported lossless, with every request answered', async (t) => {
  const origin = await stub(t, {});
  for (const connections of ['new', 'keep-alive'] as const) {
    const report = await probe(`http://127.0.0.1:${origin.port}/`, { connections });
    assertAddsUp(report);
    assert.equal(report.sent, 210);
    assert.equal(report.answered, 210);
    assert.equal(report.lost.total, 0);
    assert.equal(report.bodyCheck, 'digest');
  }
  assert.equal(origin.requests(), 420);
});

test('two workers send each arrival once', async (t) => {
  const origin = await stub(t, {});
  const report = await probe(`http://127.0.0.1:${origin.port}/`, { workers: 2 });
  assert.equal(report.answered, 210);
  assert.equal(origin.requests(), 210);
});

test('a connection that the server closes while it is idle is reopened and loses nothing', async (t) => {
  const origin = await stub(t, { idleCloseAfter: 10 });
  const options = { connections: 'keep-alive', ratePerSecond: 200, poolSize: 4 } as const;
  const report = await probe(`http://127.0.0.1:${origin.port}/`, options);
  assertAddsUp(report);
  assert.equal(report.lost.total, 0);
  // How many closings fall between two requests is up to the scheduler.
  assert.ok(report.reopened > 0);
});

test('an announced close is obeyed and loses nothing', async (t) => {
  const origin = await stub(t, { fault: 'announce-close', oneIn: 7 });
  const report = await probe(`http://127.0.0.1:${origin.port}/`, { connections: 'keep-alive' });
  assert.equal(report.lost.total, 0);
  assert.equal(report.reopened, origin.spoilt.length);
});

test('a body that changes with each answer is checked by its framing only', async (t) => {
  const origin = await stub(t, {});
  const other = await stub(t, { body: 'another body' });
  const url = `http://127.0.0.1:${origin.port}/`;
  const report = await probe(url, { bodyCheck: 'framing' });
  assert.equal(report.bodyCheck, 'framing');
  const both = await probe(url, { references: [`http://127.0.0.1:${other.port}/`] });
  assert.equal(both.bodyCheck, 'digest');
  assert.equal(both.lost.total, 0);
});

test('IPv6 and unix sockets are probed like IPv4', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'hitless-probe-'));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'origin.sock');
  const six = await stub(t, { listen: { host: '::1' } });
  await stub(t, { listen: { path } });
  for (const url of [`http://[::1]:${six.port}/`, `unix:${path}:/`]) {
    const report = await probe(url, {});
    assert.equal(report.answered, 210);
  }
});

test('a slow download arrives whole, and one cut short is truncated', async (t) => {
  const body = 'x'.repeat(256 * 1024);
  const options = { connections: 'download', ratePerSecond: 35, timeoutMs: 10_000 } as const;
  const sound = await stub(t, { body });
  const report = await probe(`http://127.0.0.1:${sound.port}/`, options);
  assert.equal(report.answered, 14);
  const cut = await stub(t, { body, fault: 'truncate', oneIn: 7 });
  const spoilt = await probe(`http://127.0.0.1:${cut.port}/`, options);
  assert.equal(spoilt.lost.truncated, 2);
});

test('a slow upload is answered, and a wrong digest of it is corrupt', async (t) => {
  const options = { connections: 'upload', ratePerSecond: 35, timeoutMs: 10_000 } as const;
  const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
  const sound = await stub(t, { uploadDigest: sha });
  const report = await probe(`http://127.0.0.1:${sound.port}/`, options);
  assert.equal(report.answered, 14);
  const damaged = await stub(t, { uploadDigest: (bytes) => sha(bytes.subarray(1)) });
  const spoilt = await probe(`http://127.0.0.1:${damaged.port}/`, options);
  assert.equal(spoilt.lost.corrupt, 14);
});

test('mixed sends every kind that the URL allows', async (t) => {
  const origin = await stub(t, {});
  const report = await probe(`http://127.0.0.1:${origin.port}/`, {
    connections: 'mixed',
    timeoutMs: 5000,
  });
  assertAddsUp(report);
  assert.deepEqual(Object.keys(report.kinds).sort(), ['download', 'keep-alive', 'new', 'upload']);
  assert.equal(report.lost.total, 0);
});

test('long tunnels that stay whole lose nothing, and count themselves', async (t) => {
  const echo = await startEcho();
  t.after(() => echo.close());
  const report = await probe(`tcp://127.0.0.1:${echo.port}`, { connections: 'long' });
  assertAddsUp(report);
  assert.equal(report.answered, 210 + QUICK.poolSize);
  assert.equal(echo.requests(), 210);
});

test('a tunnel that breaks is one loss, beside the message that was on it', async (t) => {
  const echo = await startEcho(50);
  t.after(() => echo.close());
  const report = await probe(`tcp://127.0.0.1:${echo.port}`, { connections: 'long' });
  assertAddsUp(report);
  assert.equal(report.lost['tunnel-broken'], 1);
  assert.equal(report.lost.reset, 1);
  assert.equal(report.reopened, 1);
});

test('an echo that differs is corrupt', async (t) => {
  const echo = await startEcho(50, true);
  t.after(() => echo.close());
  const report = await probe(`tcp://127.0.0.1:${echo.port}`, { connections: 'long' });
  assert.equal(report.lost.corrupt, 1);
  assert.equal(report.lost['tunnel-broken'], 1);
});

test('a service that goes away during the run is refused from then on', async (t) => {
  const origin = await startStub({});
  t.after(() => origin.close().catch(() => undefined));
  let gone: Promise<void> | undefined;
  const report = await runProbe(
    { ...QUICK, url: `http://127.0.0.1:${origin.port}/`, forMs: 1500 },
    {
      onEvent: (event) => {
        if (event.event === 'progress') gone ??= origin.close();
      },
    },
  );
  await gone;
  assertAddsUp(report);
  assert.ok(report.lost.refused > 50);
});

test('a service that is down before the run is an error that says so', async () => {
  const origin = await startStub({});
  await origin.close();
  await assert.rejects(probe(`http://127.0.0.1:${origin.port}/`), /does not work.*refused/);
});

test('an aborted run ends early and reports what it has', async (t) => {
  const origin = await stub(t, {});
  const abort = new AbortController();
  const report = await runProbe(
    { ...QUICK, url: `http://127.0.0.1:${origin.port}/`, forMs: 60_000 },
    {
      signal: abort.signal,
      onEvent: (event) => {
        if (event.event === 'progress') abort.abort();
      },
    },
  );
  assertAddsUp(report);
  assert.equal(report.interrupted, true);
  assert.ok(report.sent > 0);
  assert.equal(report.lost.total, 0);
});

test('marked reloads place each loss in its phase', async (t) => {
  const origin = await stub(t, { fault: 'close', oneIn: 10 });
  const report = await runProbe(
    { ...QUICK, url: `http://127.0.0.1:${origin.port}/` },
    {
      onStart: (control) => {
        control.reloadStarted(7);
      },
    },
  );
  const { before, during, after } = report.phases;
  assert.equal(before.total + during.total + after.total, report.lost.total);
  assert.equal(during.total, 21);
  assert.ok(report.losses.every(({ phase }) => phase.kind === 'during' && phase.reload === 7));
});

test('the latency of requests that a reload touched is kept apart, and the series has them all', async (t) => {
  const origin = await stub(t, {});
  const options = { ...QUICK, url: `http://127.0.0.1:${origin.port}/` };
  let control: ProbeControl | undefined;
  const report = await runProbe(
    { ...options, forMs: 1500 },
    {
      onStart: (given) => {
        control = given;
        given.reloadStarted(1);
      },
      onEvent: (event) => {
        if (event.event === 'progress') control?.reloadEnded(1, true, '');
      },
    },
  );
  const { quiet, reloading } = report.latencyPhases;
  assert.ok(quiet.answered > 0 && reloading.answered > 0);
  assert.equal(quiet.answered + reloading.answered, report.answered);
  const { answered, lost } = report.series;
  assert.equal(
    answered.reduce((sum, count) => sum + count, 0),
    report.answered,
  );
  assert.equal(
    lost.reduce((sum, count) => sum + count, 0),
    report.lost.total,
  );
});

test('kept connections that outlive a reload are counted as carried', async (t) => {
  const origin = await stub(t, {});
  const options = { ...QUICK, url: `http://127.0.0.1:${origin.port}/` };
  let control: ProbeControl | undefined;
  const report = await runProbe(
    { ...options, connections: 'keep-alive', poolSize: 4, forMs: 1500 },
    {
      onStart: (given) => {
        control = given;
      },
      onEvent: (event) => {
        if (event.event === 'progress' && control !== undefined) {
          control.reloadStarted(1);
          control.reloadEnded(1, true, '');
          control = undefined;
        }
      },
    },
  );
  assert.ok(report.carried.open > 0 && report.carried.open <= 4, JSON.stringify(report.carried));
  assert.equal(report.carried.kept, report.carried.open);
});

test('a load that is told when to end sends all that is due before, and nothing after', async (t) => {
  const origin = await stub(t, {});
  const report = await runProbe(
    { ...QUICK, url: `http://127.0.0.1:${origin.port}/`, forMs: 60_000, ratePerSecond: 500 },
    { onStart: (control) => control.endAt(600) },
  );
  assertAddsUp(report);
  assert.deepEqual([report.sent, report.intended, report.durationMs], [300, 300, 600]);
  assert.equal(report.interrupted, false);
});
