import { readFileSync } from 'node:fs';
import { setInterval } from 'node:timers';
import { hitlessArgv } from '../src/entry-points.js';
import type { LabNode } from '../src/lab/node.js';
import { startQuestionLab } from '../src/lab/question-lab.js';
import type { Connections } from '../src/probe/options.js';
import type { Report } from '../src/probe/report.js';
import { median, type Finding } from './result.js';

const SECONDS = 5;
const ROUNDS = 3;
const CONNECTIONS = 64;
/** What the prober must sustain, or this share of what the other tool reaches, if that is less. */
const WANTED = { new: 5000, 'keep-alive': 15_000 } as const;
const SHARE = 0.8;
const LAG_LIMIT_US = 2000;
const MEMORY_RATIO = 1.3;

/**
 * How much load the prober sustains through HAProxy to two Apaches, beside `ab` (a new connection
 * each) and `wrk` (kept connections) on the same cores within the same minute.
 */
export async function benchProber(): Promise<readonly Finding[]> {
  const { lab, client, urls } = await startQuestionLab();
  try {
    return [
      await sustained(client, urls[0], 'new'),
      await sustained(client, urls[0], 'keep-alive'),
      await lag(client, urls[0]),
      await memory(client, urls[0]),
    ];
  } finally {
    await lab.close();
  }
}

async function sustained(
  client: LabNode,
  url: string,
  kind: 'new' | 'keep-alive',
): Promise<Finding> {
  const shares: number[] = [];
  const details: string[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const other = kind === 'new' ? await ab(client, url) : await wrk(client, url);
    const wanted = Math.floor(Math.min(WANTED[kind], other * SHARE));
    const { report } = await probe(client, url, kind, wanted, SECONDS);
    const reached = Math.round((report.answered * 1000) / report.durationMs);
    shares.push(reached / wanted);
    details.push(`${reached} of ${wanted}/s, other ${Math.round(other)}/s`);
  }
  const share = median(shares);
  return {
    what: `prober, ${kind} connections sustained`,
    measured: `${share.toFixed(2)} (${details.join('; ')})`,
    limit: `0.99 of min(${WANTED[kind]}, ${SHARE} x ${kind === 'new' ? 'ab' : 'wrk'})`,
    met: share >= 0.99,
  };
}

async function lag(client: LabNode, url: string): Promise<Finding> {
  const values: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { report } = await probe(client, url, 'new', 1000, SECONDS);
    values.push(report.proberLagUs.p99);
  }
  const p99 = median(values);
  return {
    what: 'prober lag p99 at 1000/s',
    measured: `${(p99 / 1000).toFixed(2)} ms (${values.map((us) => us / 1000).join(', ')})`,
    limit: `under ${LAG_LIMIT_US / 1000} ms`,
    met: p99 < LAG_LIMIT_US,
  };
}

/** The most memory that a run of 60 s takes, against one of 10 s. */
async function memory(client: LabNode, url: string): Promise<Finding> {
  const short = await probe(client, url, 'keep-alive', 2000, 10);
  const long = await probe(client, url, 'keep-alive', 2000, 60);
  const ratio = long.memoryKb / short.memoryKb;
  return {
    what: 'prober memory, 60 s against 10 s',
    measured: `${ratio.toFixed(2)} (${long.memoryKb} kB, ${short.memoryKb} kB)`,
    limit: `at most ${MEMORY_RATIO}`,
    met: ratio <= MEMORY_RATIO,
  };
}

interface Probed {
  readonly report: Report;
  readonly memoryKb: number;
}

async function probe(
  client: LabNode,
  url: string,
  connections: Connections,
  ratePerSecond: number,
  seconds: number,
): Promise<Probed> {
  const argv = hitlessArgv(
    ...['prove', '--json', '--url', url, '--rate', String(ratePerSecond), '--for', `${seconds}s`],
    ...['--connections', connections, '--pool', String(CONNECTIONS)],
  );
  const child = await client.start(argv, { name: 'prober', stdio: 'pipe' });
  let memoryKb = 0;
  const timer = setInterval(() => {
    memoryKb = Math.max(memoryKb, peakMemoryKb(child.pid));
  }, 200);
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout ?? []) chunks.push(chunk as Buffer);
  await child.exited;
  clearInterval(timer);
  return { report: JSON.parse(Buffer.concat(chunks).toString('utf8')) as Report, memoryKb };
}

function peakMemoryKb(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

async function ab(client: LabNode, url: string): Promise<number> {
  const requests = String(5000 * SECONDS);
  const said = await client.must(['ab', '-q', '-n', requests, '-c', String(CONNECTIONS), url], {
    timeoutMs: 60_000,
  });
  return rate(/Requests per second: +([\d.]+)/, said);
}

async function wrk(client: LabNode, url: string): Promise<number> {
  const said = await client.must(['wrk', '-t1', `-c${CONNECTIONS}`, `-d${SECONDS}s`, url]);
  return rate(/Requests\/sec: +([\d.]+)/, said);
}

function rate(pattern: RegExp, said: string): number {
  const found = pattern.exec(said);
  if (found === null) throw new Error(`no rate in: ${said}`);
  return Number(found[1]);
}
