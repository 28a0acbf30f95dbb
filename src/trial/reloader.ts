import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { stall } from '../lab/stall.js';
import type { QuestionLab } from '../lab/question-lab.js';
import { hitlessArgv } from '../entry-points.js';
import { STALL_MS, type TrialSpec } from './spec.js';

export interface ReloadOutcome {
  readonly ok: boolean;
  /** From the start of the command to its end. */
  readonly commandMs: number;
  /** What the command said, when it failed. */
  readonly said: string;
}

const ALGORITHMS = ['leastconn', 'roundrobin'] as const;
const BACKEND = 'web';
const RELOAD_TIMEOUT_MS = 60_000;

/** Changes the balancing algorithm back and forth, each time by one more reload. */
export function makeReloader(
  question: QuestionLab,
  spec: TrialSpec,
): (turn: number) => Promise<ReloadOutcome> {
  return async (turn) => {
    const algorithm = ALGORITHMS[turn % 2] ?? ALGORITHMS[0];
    const startedMs = performance.now();
    const result =
      spec.way.kind === 'control'
        ? await controlReload(question, algorithm, spec.stalled)
        : await hitlessReload(question, algorithm, spec.way.method, spec.stalled);
    return { ...result, commandMs: performance.now() - startedMs };
  };
}

type Said = Omit<ReloadOutcome, 'commandMs'>;

/** The question's own command, with the edit that went before it. */
async function controlReload(
  { lb, haproxy, lab }: QuestionLab,
  algorithm: string,
  stalled: boolean,
): Promise<Said> {
  const { config, pidFile } = haproxy.paths;
  const text = await readFile(config, 'utf8');
  await writeFile(config, text.replace(/^(\s*balance) .*$/m, `$1 ${algorithm}`));
  const old = (await readFile(pidFile, 'utf8')).trim();
  const argv = [...haproxy.argv, '-sf', old];
  const stalling = stalled ? stallPid(lab, Number(old)) : undefined;
  const { code, stderr } = await lb.run(argv, { timeoutMs: RELOAD_TIMEOUT_MS });
  await stalling;
  return { ok: code === 0, said: stderr };
}

async function hitlessReload(
  { lb, lab, haproxy }: QuestionLab,
  algorithm: string,
  method: string,
  stalled: boolean,
): Promise<Said> {
  const argv = hitlessArgv(
    ...['set', 'balance', BACKEND, algorithm, '--ndjson', '--allow-loss', '--method', method],
    ...['--pid-file', haproxy.paths.pidFile, '--state-dir', `${lb.dir}/hitless`],
  );
  const old = Number((await readFile(haproxy.paths.pidFile, 'utf8')).trim());
  const child = await lb.start(argv, { name: 'hitless', stdio: 'pipe' });
  const said: string[] = [];
  let stalling: Promise<void> | undefined;
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString('utf8')));
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    const event = JSON.parse(line) as { step?: string; state?: string };
    const starting = event.step === 'start' && event.state === 'begun';
    if (stalled && starting) stalling = stallPid(lab, old);
  });
  const { code } = await child.exited;
  await stalling;
  return { ok: code === 0, said: said.join('') };
}

/** The old process does nothing from just before the start of the new one. */
async function stallPid(lab: QuestionLab['lab'], pidInLab: number): Promise<void> {
  const process = lab.processes().find((candidate) => candidate.pidInLab === pidInLab);
  if (process === undefined) return;
  await stall(process.pid, STALL_MS);
}
