import assert from 'node:assert/strict';
import { waitFor } from '../../src/host/node/wait.js';
import type { LabProcess } from '../../src/lab/process.js';
import type { QuestionLab } from '../../src/lab/question-lab.js';
import type { ProbeEvent } from '../../src/probe/events.js';
import type { Connections } from '../../src/probe/options.js';
import type { Report } from '../../src/probe/report.js';
import { type ProberProcess, startProber } from '../../src/trial/prober-process.js';
import { LIMIT_MS } from './support.js';

export interface LoadSpec {
  readonly connections: Connections;
  /** The question's frontend over IPv4 when absent. */
  readonly url?: string;
  readonly rate?: number;
  /** Its answers are right too; both Apaches when absent. */
  readonly references?: readonly string[];
}

const DEFAULT_RATE = 250;
/** Longer than any test acts: a load that is over answers nothing more. */
const LOAD_LIMIT_MS = 300_000;
/** Requests of each load before the action, and after it. */
const SENT_AROUND = 50;

export const NEW: LoadSpec = { connections: 'new' };
export const KEPT: LoadSpec = { connections: 'keep-alive' };

/** Where load comes from and goes to. */
export type LoadPlace = Pick<QuestionLab, 'client' | 'lb' | 'urls' | 'origins'>;

/** Puts load on the proxy from before `act` until after it. */
export async function underLoad<T>(
  question: LoadPlace,
  specs: readonly LoadSpec[],
  act: () => Promise<T>,
): Promise<{ readonly result: T; readonly reports: readonly Report[] }> {
  const anchor = await question.lb.start(['sleep', 'infinity'], { name: 'anchor' });
  const loads = await Promise.all(specs.map((spec) => startLoad(question, spec, anchor)));
  try {
    await Promise.all(loads.map((load) => load.sendMore()));
    for (const { prober } of loads) prober.mark({ mark: 'reload-start', id: 1 });
    const result = await act();
    for (const { prober } of loads) prober.mark({ mark: 'reload-end', id: 1, ok: true });
    await Promise.all(loads.map((load) => load.sendMore()));
    for (const { prober } of loads) prober.mark({ mark: 'stop' });
    const reports = await Promise.all(loads.map(({ prober }) => prober.report));
    return { result, reports };
  } finally {
    for (const { prober } of loads) prober.stop();
    await Promise.allSettled(loads.map(({ prober }) => prober.report));
    await anchor.stop({ signal: 'SIGKILL' });
  }
}

/** As {@link underLoad}, and not one request is lost. */
export async function losingNothing<T>(
  question: LoadPlace,
  specs: readonly LoadSpec[],
  act: () => Promise<T>,
): Promise<T> {
  const { result, reports } = await underLoad(question, specs, act);
  for (const report of reports) assertNothingLost(report);
  return result;
}

interface Load {
  readonly prober: ProberProcess;
  /** Resolves when that many more requests have been answered. */
  readonly sendMore: () => Promise<void>;
}

async function startLoad(
  { client, urls, origins }: LoadPlace,
  spec: LoadSpec,
  anchor: LabProcess,
): Promise<Load> {
  let seen: Extract<ProbeEvent, { event: 'progress' }> | undefined;
  const onEvent = (event: ProbeEvent): void => {
    if (event.event === 'progress') seen = event;
  };
  const trial = {
    way: 'haproxy -sf',
    connections: spec.connections,
    stalled: false,
    ratePerSecond: spec.rate ?? DEFAULT_RATE,
    forMs: LOAD_LIMIT_MS,
    everyMs: LOAD_LIMIT_MS,
    ipv6: false,
  } as const;
  const references = spec.references ?? origins.map((_, at) => `http://10.77.0.1${at + 1}/`);
  const url = spec.url ?? urls[0];
  const prober = await startProber(client, url, references, trial, anchor.pidInLab, onEvent);
  await prober.ready;
  const sendMore = async (): Promise<void> => {
    const goal = (seen?.answered ?? 0) + Math.min(SENT_AROUND, trial.ratePerSecond);
    const reached = () => ((seen?.answered ?? 0) >= goal ? true : undefined);
    const enough = await waitFor(reached, { timeoutMs: LIMIT_MS });
    assert.ok(enough, `${url}: too few answers: ${JSON.stringify(seen)}`);
  };
  return { prober, sendMore };
}

export function assertNothingLost(report: Report): void {
  const first = report.losses.slice(0, 5).map((loss) => JSON.stringify(loss));
  const what = `${report.connections} ${report.url}:\n${first.join('\n')}`;
  assert.equal(report.lost.total, 0, what);
  assert.deepEqual([report.clientErrors, report.unsettled], [0, 0], what);
  assert.equal(report.answered, report.sent, what);
}
