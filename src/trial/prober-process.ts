import { createInterface } from 'node:readline';
import { failed } from '../error.js';
import type { LabNode } from '../lab/node.js';
import type { LabProcess } from '../lab/process.js';
import type { ProbeEvent } from '../probe/events.js';
import type { Report } from '../probe/report.js';
import { hitlessArgv } from '../entry-points.js';
import type { TrialSpec } from './spec.js';

/** `hitless prove` in the client's namespace, told from here when reloads begin and end. */
export interface ProberProcess {
  /** Load has begun: the right answers are known. */
  readonly ready: Promise<void>;
  readonly report: Promise<Report>;
  readonly mark: (mark: object) => void;
  readonly stop: () => void;
}

/** Ends by itself well before this. */
const MARGIN_MS = 60_000;

export async function startProber(
  client: LabNode,
  url: string,
  references: readonly string[],
  spec: TrialSpec,
  netnsOf: number,
  onEvent: (event: ProbeEvent) => void,
): Promise<ProberProcess> {
  const argv = hitlessArgv(
    ...['prove', '--ndjson', '--marks-stdin', '--url', url],
    ...['--rate', String(spec.ratePerSecond), '--for', `${spec.forMs}ms`],
    ...['--connections', spec.connections, '--netns-of', String(netnsOf)],
    ...references.flatMap((reference) => ['--reference', reference]),
  );
  const child = await client.start([...(await realTime(client)), ...argv], {
    name: 'prober',
    stdio: 'pipe',
  });
  return follow(child, spec, onEvent);
}

/**
 * Clients are other machines: where it is allowed, the prober does not queue for the cores that it
 * shares with what it measures.
 */
async function realTime(client: LabNode): Promise<readonly string[]> {
  const prefix = ['chrt', '--rr', '10'];
  const { code } = await client.run([...prefix, 'true']).catch(() => ({ code: 1 }));
  return code === 0 ? prefix : [];
}

function follow(
  child: LabProcess,
  spec: TrialSpec,
  onEvent: (event: ProbeEvent) => void,
): ProberProcess {
  let report: Report | undefined;
  let becomeReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => {
    becomeReady = resolve;
  });
  const said: string[] = [];
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString('utf8')));
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  lines.on('line', (line) => {
    const event = JSON.parse(line) as ProbeEvent;
    if (event.event === 'ready') becomeReady();
    if (event.event === 'report') report = event.report;
    onEvent(event);
  });
  const drained = new Promise<void>((resolve) => lines.once('close', () => resolve()));
  const limit = setTimeout(() => child.kill('SIGKILL'), spec.forMs + MARGIN_MS);
  const finished = child.exited.then(async () => {
    clearTimeout(limit);
    await drained;
    if (report !== undefined) return report;
    throw failed('probe-failed', `the prober ended without a report: ${said.join('').trim()}`);
  });
  return {
    ready: Promise.race([ready, finished.then(() => undefined)]),
    report: finished,
    mark: (mark) => child.stdin?.write(`${JSON.stringify(mark)}\n`),
    stop: () => child.kill('SIGKILL'),
  };
}
