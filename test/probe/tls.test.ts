import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { PROBE_DEFAULTS } from '../../src/probe/options.js';
import { runProbe } from '../../src/probe/prober.js';
import { type Fault, startStub } from './stub-origin.js';

function certificate(): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'hitless-tls-'));
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
      ].concat(['-days', '1', '-subj', '/CN=localhost', '-keyout', key, '-out', cert]),
      { stdio: 'ignore' },
    );
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const CASES = [
  [undefined, undefined],
  ['close', 'closed-unanswered'],
  ['truncate', 'truncated'],
  ['corrupt', 'corrupt'],
] as const satisfies readonly (readonly [Fault | undefined, string | undefined])[];

test('over TLS, sound answers count and spoilt ones are found one for one', async (t) => {
  const tls = certificate();
  for (const [fault, cause] of CASES) {
    const origin = await startStub({ tls, oneIn: 10, ...(fault === undefined ? {} : { fault }) });
    t.after(() => origin.close());
    const options = {
      ...PROBE_DEFAULTS,
      maxLagMs: 10_000,
      ratePerSecond: 100,
      forMs: 500,
      timeoutMs: 3000,
    };
    const url = `https://127.0.0.1:${origin.port}/`;
    const report = await runProbe({ ...options, url, connections: 'tls' });
    assert.equal(report.sent, 50);
    assert.equal(report.lost.total, fault === undefined ? 0 : 5);
    if (cause !== undefined) assert.equal(report.lost[cause], 5, JSON.stringify(report.lost));
  }
});

test('kept connections work over TLS', async (t) => {
  const origin = await startStub({ tls: certificate() });
  t.after(() => origin.close());
  const options = {
    ...PROBE_DEFAULTS,
    maxLagMs: 10_000,
    ratePerSecond: 200,
    forMs: 500,
    poolSize: 4,
  };
  const url = `https://127.0.0.1:${origin.port}/`;
  const report = await runProbe({ ...options, url, connections: 'keep-alive' });
  assert.equal(report.answered, 100);
});
