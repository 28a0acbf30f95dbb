import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import type { HaproxySpec } from '../../src/lab/haproxy-config.js';
import type { LabProcess } from '../../src/lab/process.js';
import { type LogSink, startLogSink } from '../../src/lab/programs.js';
import { type QuestionLab, startQuestionLab } from '../../src/lab/question-lab.js';
import { waitFor } from '../../src/host/node/wait.js';
import type { Connections } from '../../src/probe/options.js';
import type { Report } from '../../src/probe/report.js';
import { assertNothingLost } from './load.js';
import { HITLESS, LIMIT_MS, pidInFile, stateDir } from './support.js';

let question: QuestionLab;
let sink: LogSink;
before(async () => {
  question = await startQuestionLab({
    adapt: (spec: HaproxySpec): HaproxySpec => ({ ...spec, logTarget: '127.0.0.1:514' }),
  });
  sink = await startLogSink(question.lb);
});
after(async () => {
  await question.lab.close();
});

for (const connections of ['new', 'keep-alive'] as const) {
  test(`hitless loses nothing, and both logs agree request for request (${connections})`, async () => {
    const { report, code } = await prove(connections, [...onLb(), ...HITLESS, ...RELOAD()]);
    assertNothingLost(report);
    const { count, failed, runs } = report.reloads;
    assert.equal(failed, 0, JSON.stringify(runs));
    assert.ok(count > 0);
    assert.ok(code === 0 || report.verdict === 'inconclusive', `exit ${code}`);
    const sent = idsOf(report);
    assert.deepEqual(await apacheIds(report), sent, 'Apache answered each request once');
    assert.deepEqual(await haproxyIds(report, sent.length), sent, 'HAProxy completed each once');
  });
}

test('of a lossy reload, what the prober calls lost is what the logs do not have', async () => {
  const capture = await startCapture();
  const { report, code } = await prove('new', await stalledControl());
  const resets = await capture.resets();
  assert.equal(code, 99, report.verdict);
  assert.ok(report.lost.total > 0);
  assert.equal(report.losses.length, report.lost.total);
  // A new connection that waits in the queue of a closing listener is reset by the kernel: no
  // HAProxy has read it, so neither log knows it. What an HAProxy has accepted it completes.
  const lost = new Set(report.losses.map(({ id }) => id));
  const answered = idsOf(report).filter((id) => !lost.has(id));
  assert.equal(answered.length, report.answered);
  assert.deepEqual(await apacheIds(report), answered);
  assert.deepEqual(await haproxyIds(report, answered.length), answered);
  // The kernel has told each of these clients by a reset, and no other.
  assert.ok(
    resets >= report.lost.reset + report.lost.refused,
    `${resets} resets for ${JSON.stringify(report.lost)}`,
  );
  assert.equal(resets, report.lost.total, JSON.stringify(report.lost));
});

const RELOADS = 4;
const RELOAD = () => ['reload', '--method', 'quiesce', '--state-dir', stateDir(question)];

/** Runs a command on the load balancer, from a shell on the client. */
function onLb(): readonly string[] {
  return ['nsenter', `--net=${question.lb.netns}`, '--'];
}

interface Proof {
  readonly report: Report;
  readonly code: number | null;
}

async function prove(connections: Connections, command: readonly string[]): Promise<Proof> {
  const load = ['--rate', '300', '--for', '3s', '--connections', connections];
  const references = ['11', '12'].flatMap((host) => ['--reference', `http://10.77.0.${host}/`]);
  const argv = [...HITLESS, 'prove', '--json', '--url', question.urls[0], ...load, ...references];
  const words = [...argv, '--reloads', String(RELOADS), '--', ...command];
  const ran = await question.client.run(words, { timeoutMs: LIMIT_MS });
  assert.match(ran.stdout, /^\{/, ran.stderr);
  return { report: JSON.parse(ran.stdout) as Report, code: ran.code };
}

/** The question's command, the old process stalled until connections wait in its queues. */
async function stalledControl(): Promise<readonly string[]> {
  const { argv, paths } = question.haproxy;
  assert.ok((await pidInFile(question.haproxy)) > 0);
  const script = `
old=$(cat ${paths.pidFile})
kill -STOP $old
"$@" -sf $old
for ((n = 0; n < 500; n++)); do
  waiting=$(ss -Hltn 'sport = :80' | awk '{ sum += $2 } END { print sum + 0 }')
  ((waiting >= 20)) && break
  sleep 0.01
done
kill -CONT $old`;
  return [...onLb(), 'bash', '-c', script, 'control', ...argv];
}

function idsOf({ runId, sent }: Report): readonly string[] {
  return Array.from({ length: sent }, (_, n) => `${runId}-${n}`).sort();
}

/** Requests of the run that an Apache has answered with 200, as often as it has. */
async function apacheIds({ runId }: Report): Promise<readonly string[]> {
  const logs = question.origins.map(async ({ accessLog }) => await readFile(accessLog, 'utf8'));
  const lines = (await Promise.all(logs)).flatMap((text) => text.split('\n'));
  return lines
    .flatMap((line) => {
      const [id = '', status] = line.split(' ');
      return id.startsWith(`${runId}-`) && status === '200' ? [id] : [];
    })
    .sort();
}

/** Requests of the run that an HAProxy has completed, as often as it has. */
async function haproxyIds({ runId }: Report, expected: number): Promise<readonly string[]> {
  const look = async (): Promise<readonly string[]> => {
    const lines = (await readFile(sink.file, 'utf8')).split('\n');
    return lines.flatMap((line) => {
      const [id = '', , , status, state] = line.split(' ');
      return id.startsWith(`${runId}-`) && status === '200' && state === '----' ? [id] : [];
    });
  };
  const arrived = async () => ((await look()).length >= expected ? true : undefined);
  await waitFor(arrived, { timeoutMs: 5_000 });
  assert.equal(await sink.dropped(), 0, 'no line of the log was dropped');
  return [...(await look())].sort();
}

interface Capture {
  /** Connections of the client that were reset by the load balancer. */
  readonly resets: () => Promise<number>;
}

async function startCapture(): Promise<Capture> {
  const file = `${question.lb.dir}/resets.pcap`;
  const filter = 'tcp[tcpflags] & tcp-rst != 0 and src host 10.77.0.1 and dst host 10.77.0.2';
  // Short frames: the ring has room for a whole burst of them then.
  const how = ['-n', '-U', '-s', '128', '-B', '8192', '--immediate-mode', '-Z', 'root'];
  const argv = ['tcpdump', '-i', 'eth0', ...how, '-w', file, filter];
  const tcpdump: LabProcess = await question.lb.start(argv, { name: 'tcpdump', stdio: 'pipe' });
  let said = '';
  await new Promise<void>((resolve) => {
    tcpdump.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('listening on')) resolve();
    });
  });
  const resets = async (): Promise<number> => {
    await tcpdump.stop({ signal: 'SIGINT' });
    assert.match(said, /^0 packets dropped by kernel/m);
    const text = await question.lb.must(['tcpdump', '-n', '-S', '-r', file]);
    // A port that was reset is free at once and soon used again: the sequence number tells.
    const found = text.matchAll(/> 10\.77\.0\.2\.(\d+: Flags \[R\.?\], seq \d+)/g);
    return new Set([...found].map(([, one]) => one?.replace('[R.]', '[R]'))).size;
  };
  return { resets };
}
