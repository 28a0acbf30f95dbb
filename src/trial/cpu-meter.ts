import { hitlessArgv } from '../entry-points.js';
import type { LabNode } from '../lab/node.js';
import type { ProcessCpu } from '../lab/cpu.js';

/** User and system time on the nodes that serve, in ms. */
export interface CpuMs {
  /** All that is not hitless: the proxy's generations, and what starts them. */
  readonly proxy: number;
  /** hitless itself, the one that waits for an old generation included. */
  readonly hitless: number;
}

export interface CpuMeter {
  readonly stop: () => CpuMs;
}

/**
 * Processes are looked at this often. What one uses between the last look and its end is missed,
 * half of this on average, besides the kernel's own rounding to 10 ms.
 */
const LOOK_EVERY_MS = 20;
/** The file that every hitless of a trial runs, the one that waits for an old process included. */
const PROGRAM = hitlessArgv()[1] ?? '';

/** Counts from now on. */
export function startCpuMeter(nodes: readonly LabNode[]): CpuMeter {
  const seen = new Map<string, Seen>();
  const look = (isFirst: boolean): void => {
    for (const node of nodes) {
      for (const process of node.cpu()) enter(seen, `${node.name} ${process.id}`, process, isFirst);
    }
  };
  look(true);
  const timer = setInterval(() => look(false), LOOK_EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
      look(false);
      return sum([...seen.values()]);
    },
  };
}

interface Seen {
  readonly fromMs: number;
  toMs: number;
  isHitless: boolean;
}

function enter(seen: Map<string, Seen>, key: string, process: ProcessCpu, isFirst: boolean): void {
  const entry = seen.get(key) ?? { fromMs: isFirst ? process.cpuMs : 0, toMs: 0, isHitless: false };
  entry.toMs = process.cpuMs;
  // A process that was just forked has its parent's command line until it has become the program.
  entry.isHitless = process.argv.includes(PROGRAM);
  seen.set(key, entry);
}

function sum(all: readonly Seen[]): CpuMs {
  const of = (isHitless: boolean): number =>
    all
      .filter((entry) => entry.isHitless === isHitless)
      .reduce((total, { fromMs, toMs }) => total + toMs - fromMs, 0);
  return { proxy: of(false), hitless: of(true) };
}
