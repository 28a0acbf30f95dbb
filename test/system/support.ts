import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { RunResult } from '../../src/host/node/run.js';
import { waitFor } from '../../src/host/node/wait.js';
import type { Haproxy } from '../../src/lab/haproxy.js';
import type { LabNode } from '../../src/lab/node.js';
import type { LabProcess } from '../../src/lab/process.js';
import type { QuestionLab } from '../../src/lab/question-lab.js';
import { stop, type Stalled } from '../../src/lab/stall.js';

/** The program that users start. */
export const HITLESS = [
  process.execPath,
  fileURLToPath(new URL('../../../bin/hitless', import.meta.url)),
] as const;

/** For conditions that come true within milliseconds on a quiet machine. */
export const LIMIT_MS = 30_000;
const COMMAND_LIMIT_MS = 90_000;

export function stateDir({ lb }: Pick<QuestionLab, 'lb'>): string {
  return `${lb.dir}/state`;
}

function environment(question: Pick<QuestionLab, 'lb'>): NodeJS.ProcessEnv {
  return { ...process.env, HITLESS_STATE_DIR: stateDir(question) };
}

/** Runs hitless on the load balancer to its end. */
export async function hitless(
  question: Pick<QuestionLab, 'lb'>,
  ...words: readonly string[]
): Promise<RunResult> {
  const options = { env: environment(question), timeoutMs: COMMAND_LIMIT_MS };
  return await question.lb.run([...HITLESS, ...words], options);
}

/** The same on a terminal, where somebody types `input`. All that it prints is in stdout. */
export async function onTerminal(
  question: Pick<QuestionLab, 'lb'>,
  input: string,
  ...words: readonly string[]
): Promise<RunResult> {
  const line = [...HITLESS, ...words].map((word) => `'${word}'`).join(' ');
  const options = { env: environment(question), timeoutMs: COMMAND_LIMIT_MS, input };
  return await question.lb.run(['script', '-qec', line, '/dev/null'], options);
}

/** Starts hitless on the load balancer, to be stopped or killed from outside. */
export async function startHitless(
  question: QuestionLab,
  ...words: readonly string[]
): Promise<LabProcess> {
  const options = { name: 'hitless', stdio: 'pipe', env: environment(question) } as const;
  return await question.lb.start([...HITLESS, ...words], options);
}

/** What `--json` prints. */
export interface Outcome {
  readonly schemaVersion: number;
  readonly result: string;
  readonly method: string | null;
  readonly lossless: boolean;
  readonly oldPids: readonly number[];
  readonly newPids: readonly number[];
  readonly durationMs: number;
  readonly heldMs: number | null;
  readonly draining: boolean;
  readonly run: string | null;
  readonly plan: {
    readonly method: string;
    readonly reasons: readonly string[];
    readonly lostState?: readonly { readonly what: string; readonly because: string }[];
    readonly notes: readonly string[];
    readonly handOver: readonly { readonly kind: string; readonly text: string }[];
  } | null;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly subject: string | null;
    readonly hint: string | null;
  };
}

/** stdout holds one JSON document and nothing else. */
export function outcomeOf({ stdout, stderr }: RunResult): Outcome {
  try {
    return JSON.parse(stdout) as Outcome;
  } catch {
    assert.fail(`stdout is not one JSON document:\n${stdout}\nstderr:\n${stderr}`);
  }
}

/** A reload with `--json` that must succeed. */
export async function reloaded(
  question: Pick<QuestionLab, 'lb'>,
  ...words: readonly string[]
): Promise<Outcome> {
  const ran = await hitless(question, 'reload', '--json', ...words);
  assert.equal(ran.code, 0, `${ran.stderr}\n${ran.stdout}`);
  const outcome = outcomeOf(ran);
  assert.equal(outcome.result, 'reloaded');
  return outcome;
}

export interface Refusal {
  readonly exit: number;
  readonly code: string;
  /** What is wrong and where. */
  readonly message: RegExp;
  /** What to do. */
  readonly hint: RegExp;
}

/** A command with `--json` that failed as it should: for programs on stdout, for people on stderr. */
export function assertRefused(ran: RunResult, refusal: Refusal): void {
  assert.equal(ran.code, refusal.exit, `${ran.stderr}\n${ran.stdout}`);
  const { error, schemaVersion } = outcomeOf(ran);
  assert.equal(schemaVersion, 1);
  assert.equal(error?.code, refusal.code, error?.message);
  assert.match(error.message, refusal.message);
  assert.match(error.hint ?? '', refusal.hint);
  assert.ok(ran.stderr.includes(`hitless: ${error.message}`), ran.stderr);
  assert.ok(ran.stderr.includes(`hint: ${error.hint}`), ran.stderr);
  assert.doesNotMatch(ran.stderr, /\n\s+at |node:internal/, 'no stack trace');
}

/** Pids, as the lab counts, of all HAProxy processes of the lab. */
export function haproxies({ lab }: Pick<QuestionLab, 'lab'>): readonly number[] {
  return lab
    .processes()
    .filter(({ argv }) => argv[0]?.split('/').at(-1) === 'haproxy')
    .map(({ pidInLab }) => pidInLab)
    .sort((a, b) => a - b);
}

/** Waits until just these HAProxy processes are left. */
export async function awaitHaproxies(
  question: QuestionLab,
  expected: readonly number[],
): Promise<void> {
  const wanted = JSON.stringify([...expected].sort((a, b) => a - b));
  const left = () => (JSON.stringify(haproxies(question)) === wanted ? true : undefined);
  if (await waitFor(left, { timeoutMs: LIMIT_MS, intervalMs: 50 })) return;
  const seen = JSON.stringify(haproxies(question));
  assert.fail(`HAProxy processes ${seen}, expected ${wanted}\n${await whatIsLeft(question)}`);
}

/** For a failure's message: who still runs, and what the runs that have not ended say. */
async function whatIsLeft(question: QuestionLab): Promise<string> {
  const { lab, lb } = question;
  const own = lab.processes().filter(({ argv }) => argv.some((word) => OWN.test(word)));
  const processes = own.map(({ pidInLab, argv }) => `${pidInLab} ${argv.join(' ').slice(0, 200)}`);
  const { stdout, stderr } = await lb.run(['bash', '-c', LOOK_AROUND, stateDir(question)]);
  return [...processes, stdout, stderr].join('\n');
}

const OWN = /(hitless|haproxy)$/;
const LOOK_AROUND = `
cd "$0" && ls open locks && for id in $(ls open); do cut -c1-300 runs/"$id"/journal; done
ss -H -a -n -p -t -x | grep haproxy`;

/** Pids that hold a listening socket on the port, by ss: an independent witness. */
export async function listenersOn(node: LabNode, port: number): Promise<readonly number[]> {
  const text = await node.must(['ss', '-H', '-l', '-t', '-n', '-p', `sport = :${port}`]);
  const pids = [...text.matchAll(/pid=(\d+)/g)].map(([, pid]) => Number(pid));
  return [...new Set(pids)].sort((a, b) => a - b);
}

/** The one generation that is left once all others have drained: it listens and it answers. */
export async function assertOnlyServing(question: QuestionLab, pid: number): Promise<void> {
  await awaitHaproxies(question, [pid]);
  assert.deepEqual(await listenersOn(question.lb, 80), [pid]);
  assert.equal(await question.haproxy.workerPid(), pid);
}

/** The old generation alone, as if hitless had never been called; the pid file names it. */
export async function assertAsBefore(question: QuestionLab, pid: number): Promise<void> {
  await assertOnlyServing(question, pid);
  assert.equal(await pidInFile(question.haproxy), pid);
}

/**
 * Waits until the process answers on the stats socket. While an old generation drains, HAProxy
 * shares that socket between the two, and either may answer.
 */
export async function assertAnswers({ haproxy }: QuestionLab, pid: number): Promise<void> {
  const own = async () => ((await haproxy.workerPid()) === pid ? true : undefined);
  assert.ok(await waitFor(own, { timeoutMs: LIMIT_MS }), `pid ${pid} does not answer`);
}

/** Stalls a process of the lab; the caller resumes it. */
export async function stopInLab(
  { lab }: Pick<QuestionLab, 'lab'>,
  pidInLab: number,
): Promise<Stalled> {
  const found = lab.processes().find((process) => process.pidInLab === pidInLab);
  // On an idle machine a reload may have ended before its first lines are read here.
  return found === undefined ? { resume: () => undefined } : await stop(found.pid);
}

/** Has another configuration in the file while `act` runs. */
export async function withConfig(
  { haproxy }: QuestionLab,
  change: (text: string) => string,
  act: () => Promise<void>,
): Promise<void> {
  const { config } = haproxy.paths;
  const former = await readFile(config, 'utf8');
  const changed = change(former);
  assert.notEqual(changed, former);
  await writeFile(config, changed);
  try {
    await act();
  } finally {
    await writeFile(config, former);
  }
}

export async function pidInFile({ paths }: Haproxy): Promise<number> {
  return Number((await readFile(paths.pidFile, 'utf8')).trim());
}

export async function servingPid({ haproxy }: QuestionLab): Promise<number> {
  const pid = await haproxy.workerPid();
  assert.ok(pid !== undefined, 'HAProxy does not answer on its stats socket');
  return pid;
}

/** Kernel parameter in the load balancer's network namespace. */
export async function sysctl({ lb }: QuestionLab, name: string): Promise<string> {
  return (await lb.must(['sysctl', '-n', name])).trim();
}

export function linesOf(child: LabProcess, onLine: (line: string) => void): Promise<void> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  lines.on('line', onLine);
  return new Promise((resolve) => lines.once('close', () => resolve()));
}
