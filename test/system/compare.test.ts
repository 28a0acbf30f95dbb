import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { run, type RunResult } from '../../src/host/node/run.js';
import { type Comparison, isMeasured, type MeasuredRow } from '../../src/report/model.js';
import { HITLESS } from './support.js';

/** Slow enough for the handshakes of TLS on a machine that the clients share. */
const LOAD = ['--rate', '100', '--for', '3s', '--every', '700ms', '--stalled'];
const LIMIT_MS = 180_000;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hitless-compare-'));
});
after(async () => {
  await rm(folder, { recursive: true });
});

test('every kind of client is measured beside a control that loses, in all formats', async () => {
  const [html, markdown] = [join(folder, 'page.html'), join(folder, 'tables.md')];
  const kinds = ['new', 'keep-alive', 'long', 'tls'];
  const files = ['--html', html, '--markdown', markdown];
  const words = ['--methods', 'quiesce', '--connections', kinds.join(','), ...LOAD, ...files];
  const ran = await compare(...words, '--json');
  const result = JSON.parse(ran.stdout) as Comparison;
  const rows = result.rows.filter(isMeasured);
  assert.equal(rows.length, 2 * kinds.length, ran.stderr);
  const quiesce = rows.filter(({ way }) => way === 'quiesce');
  for (const row of quiesce) assert.equal(row.lost.total, 0, JSON.stringify(row.lost));
  const control = rows.find(({ control: is, connections }) => is && connections === 'new');
  assert.ok((control?.lost.total ?? 0) > 0, 'the control was seen to lose');
  for (const row of rows) assertMeasured(row);
  // A prober that lagged on a machine with other work makes it inconclusive, and never lossy.
  assert.deepEqual(ran.code, { lossless: 0, inconclusive: 3, lossy: 99 }[result.verdict]);
  assert.notEqual(result.verdict, 'lossy');
  assert.match(await readFile(html, 'utf8'), /^<!doctype html>/);
  assert.match(await readFile(markdown, 'utf8'), /^### tls connections$/m);
});

function assertMeasured(row: MeasuredRow): void {
  const what = `${row.way}, ${row.connections}`;
  assert.equal(row.failedReloads, 0, `${what}: ${row.failure}`);
  assert.ok(row.reloads.length > 0, what);
  assert.ok(row.cpuMs.proxy > 0, what);
  assert.equal(row.cpuMs.hitless > 0, !row.control, what);
  const { quiet, reloading } = row.latency;
  assert.ok(quiet.answered > 0 && reloading.answered > 0, what);
  const { answered, lost } = row.series;
  // Tunnels count as sent, and are no request in time.
  if (row.connections === 'long') return assert.equal(row.carried?.kept, row.carried?.open);
  assert.equal(sum(answered), row.answered, what);
  assert.equal(sum(answered), quiet.answered + reloading.answered, what);
  assert.equal(sum(lost), row.lost.total, what);
}

test('an unknown way is refused before anything starts, with the nearest names', async () => {
  const ran = await compare('--methods', 'quiesce,migrat');
  assert.equal(ran.code, 2);
  assert.match(ran.stderr, /there is no way "migrat"\nhint: did you mean "migrate"/);
  assert.equal(ran.stdout, '');
});

test('a file that cannot be written is refused before minutes of measuring', async () => {
  const ran = await compare('--html', join(folder, 'no-such-folder', 'page.html'));
  assert.equal(ran.code, 2);
  assert.match(ran.stderr, /no-such-folder\/page\.html cannot be written/);
});

async function compare(...words: readonly string[]): Promise<RunResult> {
  return await run([...HITLESS, 'compare', ...words], { timeoutMs: LIMIT_MS });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
