import { createInterface } from 'node:readline';
import { hitlessArgv } from '../../entry-points.js';
import type { LabNode } from '../../lab/node.js';
import type { Said } from './way.js';

/** What a line has: a step and what has become of it, or the result. */
interface Line {
  readonly step?: string;
  readonly state?: string;
  readonly heldMs?: number | null;
}

/**
 * Runs a command of hitless in a node, as users do, with its events as lines.
 *
 * @param onBegun called when a step begins; what it returns is waited for at the end
 */
export async function runHitless(
  node: LabNode,
  words: readonly string[],
  onBegun: (step: string) => Promise<void>,
): Promise<Said> {
  const argv = hitlessArgv(...words);
  const child = await node.start(argv, { name: 'hitless', stdio: 'pipe' });
  const said: string[] = [];
  const pending: Promise<void>[] = [];
  let held: Pick<Said, 'heldMs'> = {};
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString('utf8')));
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    const { step = '', state, heldMs } = JSON.parse(line) as Line;
    if (typeof heldMs === 'number') held = { heldMs };
    if (state === 'begun') pending.push(onBegun(step));
  });
  const { code } = await child.exited;
  await Promise.all(pending);
  return { ok: code === 0, said: said.join(''), ...held };
}
