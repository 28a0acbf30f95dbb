import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ProbeEvent } from '../../src/probe/events.js';
import { startStub, type StubOptions } from './stub-origin.js';

const PROGRAM = fileURLToPath(new URL('./prove-main.js', import.meta.url));
const LIMIT_MS = 30_000;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function prove(args: readonly string[], onStart?: (child: Child) => void): Promise<Ended> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { timeout: LIMIT_MS });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (bytes: Buffer) => (said.stdout += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (said.stderr += bytes.toString()));
  onStart?.(child);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...said };
}

type Child = ReturnType<typeof spawn>;

async function origin(t: TestContext, options: StubOptions = {}): Promise<string> {
  const stub = await startStub(options);
  t.after(() => stub.close());
  return `http://127.0.0.1:${stub.port}/`;
}

const SHORT = ['--rate', '500', '--for', '400ms', '--timeout', '2s', '--max-lag', '10s'];

test('a run without a loss exits with 0 and says how much that proves', async (t) => {
  const ended = await prove(['--url', await origin(t), ...SHORT]);
  assert.equal(ended.code, 0, ended.stdout + ended.stderr);
  assert.match(ended.stdout, /^Lossless: 0 lost of 200: at most 1\.5 % at 95 %$/m);
  assert.equal(ended.stderr, '', 'nothing is shown in a pipe');
  assert.ok(ended.stdout.split('\n').every((line) => line.length <= 80));
});

test('a run with losses exits with 99 and lists them by cause', async (t) => {
  const url = await origin(t, { fault: 'close', oneIn: 20 });
  const ended = await prove(['--url', url, ...SHORT]);
  assert.equal(ended.code, 99);
  assert.match(ended.stdout, /^ {2}closed-unanswered +10 +10 +0 +0$/m);
  assert.ok(ended.stdout.split('\n').every((line) => line.length <= 80));
});

test('--json prints one document whose numbers add up', async (t) => {
  const url = await origin(t, { fault: '5xx', oneIn: 20 });
  const ended = await prove(['--url', url, ...SHORT, '--json', '--control']);
  const report = JSON.parse(ended.stdout);
  assert.equal(report.schemaVersion, 1);
  assert.equal(report.sent, 200);
  assert.equal(report.answered + report.lost.total, 200);
  assert.equal(report.lost['proxy-5xx'], 10);
  assert.equal(report.control.lost.total, 10);
  assert.equal(report.verdict, 'lossy');
  assert.ok('OutRsts' in report.kernel.self);
});

const WRONG: readonly (readonly string[])[] = [
  ['--rate', '0'],
  ['--for', '10'],
  ['--connections', 'some'],
  ['--pool', '0'],
  ['--reloads', '3'],
  ['--url', 'ftp://h/'],
  ['--json', '--ndjson'],
  ['--connections', 'tls'],
  ['--reloads', '3', '--every', '1s', '--', 'true'],
];

for (const args of WRONG) {
  test(`"${args.join(' ')}" is a usage error`, async () => {
    const ended = await prove(['--url', 'http://127.0.0.1:1/', ...args]);
    assert.equal(ended.code, 2, ended.stderr);
    assert.equal(ended.stdout, '');
  });
}

test('a service that is down exits with 1 and says what was seen', async () => {
  const ended = await prove(['--url', 'http://127.0.0.1:1/', ...SHORT]);
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /127\.0\.0\.1:1.*connection refused/);
});

test('a service that answers 503 before any load is not proven', async (t) => {
  const down = await origin(t, { status: 503 });
  const ended = await prove(['--url', down, ...SHORT]);
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /status 503/);
});

test('too few samples are inconclusive', async (t) => {
  const ended = await prove(['--url', await origin(t), '--rate', '50', '--for', '500ms']);
  assert.equal(ended.code, 3);
  assert.match(ended.stdout, /^Inconclusive: 0 lost of 25/m);
});

test('the command runs as often as was asked, and its failure exits with 1', async (t) => {
  const url = await origin(t);
  const good = await prove(['--url', url, ...SHORT, '--reloads', '3', '--json', '--', 'true']);
  assert.equal(good.code, 0);
  const { reloads } = JSON.parse(good.stdout);
  assert.deepEqual([reloads.planned, reloads.count, reloads.failed], [3, 3, 0]);
  assert.deepEqual(reloads.exitCodes, { 0: 3 });
  const bad = await prove(['--url', url, ...SHORT, '--', 'sh', '-c', 'echo broken >&2; exit 7']);
  assert.equal(bad.code, 1);
  assert.match(bad.stdout, /exit code 7, broken/);
  assert.match(bad.stdout, /^Lossless/m, 'the report is still printed');
});

test('a command that cannot be started exits with 1', async (t) => {
  const ended = await prove(['--url', await origin(t), ...SHORT, '--', '/no/such/command']);
  assert.equal(ended.code, 1);
  assert.match(ended.stdout, /\/no\/such\/command/);
});

test('reloads marked on stdin are in the report, and "stop" ends the run', async (t) => {
  const url = await origin(t);
  const args = [
    '--url',
    url,
    '--rate',
    '500',
    '--for',
    '20s',
    '--ndjson',
    '--marks-stdin',
    '--max-lag',
    '10s',
  ];
  const ended = await prove(args, (child) => {
    child.stdout?.on('data', (bytes: Buffer) => {
      if (bytes.includes('"event":"ready"')) child.stdin?.write('{"mark":"reload-start","id":1}\n');
      if (!bytes.includes('"event":"progress"')) return;
      child.stdin?.write('{"mark":"reload-end","id":1,"ok":true,"label":"x"}\n{"mark":"stop"}\n');
    });
  });
  assert.equal(ended.code, 0, ended.stderr);
  const events = ended.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ProbeEvent);
  const names = events.map((event) => event.event);
  assert.equal(names[0], 'ready');
  assert.equal(names.at(-1), 'report');
  const last = events.at(-1);
  assert.ok(last?.event === 'report');
  assert.equal(last.report.reloads.count, 1);
  assert.equal(last.report.reloads.runs[0]?.label, 'x');
  assert.equal(last.report.interrupted, false);
});

test('Ctrl-C ends the run and prints the report so far', async (t) => {
  const url = await origin(t);
  const ended = await prove(
    ['--url', url, '--rate', '500', '--for', '20s', '--ndjson'],
    (child) => {
      child.stdout?.on('data', (bytes: Buffer) => {
        if (bytes.includes('"event":"progress"')) child.kill('SIGINT');
      });
    },
  );
  assert.equal(ended.code, 130);
  assert.match(ended.stdout, /"event":"report".*"interrupted":true/);
});
