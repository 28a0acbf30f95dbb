import { mkdir } from 'node:fs/promises';
import { failed } from '../error.js';
import { runEntering } from './command.js';
import { createLabFolder, removeLabFolder, sweepLabs } from './folder.js';
import { type Holder, startHolder } from './holder.js';
import { nodeBatch, nodeCommands, switchBatch } from './network-plan.js';
import { entryArgv, type LabNode, labNode, orThrow } from './node.js';
import { allPids, commandOf, innerPid, pidNamespace, stateOf } from './proc.js';
import { type LabMode, labSupport } from './support.js';
import { checkTopology, type NodeSpec, type Topology } from './topology.js';

/** A running lab. Nothing of it is visible in the host's own namespaces but processes and a folder. */
export interface Lab {
  readonly mode: LabMode;
  /** Work folder, on the host and in the lab alike; removed by `close`. */
  readonly dir: string;
  /** @throws HitlessError `lab-failed` when the topology has no such node */
  node(name: string): LabNode;
  /** All processes of the lab but its init and zombies. */
  processes(): readonly ProcessInLab[];
  /** Ends every process of the lab, waits until they are gone, removes the folder. Idempotent. */
  close(): Promise<void>;
}

export interface ProcessInLab {
  readonly pid: number;
  readonly pidInLab: number;
  readonly argv: readonly string[];
}

export interface LabOptions {
  /** Aborts the start. A lab that has started is ended by `close` only. */
  readonly signal?: AbortSignal;
  /** Found out by trying when absent. */
  readonly mode?: LabMode;
}

/** Starts a lab, calls `use`, and closes the lab however that ends. */
export async function withLab<T>(
  topology: Topology,
  use: (lab: Lab) => Promise<T>,
  options: LabOptions = {},
): Promise<T> {
  const lab = await startLab(topology, options);
  try {
    return await use(lab);
  } finally {
    await lab.close();
  }
}

/**
 * Starts a lab, after sweeping what dead ones left. The caller closes it; should the caller die,
 * by SIGKILL too, the kernel ends the lab.
 *
 * @throws HitlessError `lab-failed` with the reason; nothing is left then
 */
export async function startLab(topology: Topology, options: LabOptions = {}): Promise<Lab> {
  checkTopology(topology);
  const mode = options.mode ?? (await supportedMode());
  await sweepLabs();
  const dir = await createLabFolder();
  let holder: Holder | undefined;
  try {
    holder = await startHolder(mode, options.signal);
    const nodes = await connect(topology, holder, dir, options.signal);
    return openLab(holder, dir, nodes);
  } catch (error) {
    await holder?.end();
    await removeLabFolder(dir);
    throw error;
  }
}

async function supportedMode(): Promise<LabMode> {
  const support = await labSupport();
  if (support.ok) return support.mode;
  throw failed('lab-failed', `a lab cannot run here: ${support.missing.join(', ')} missing`, {
    hint: support.hint,
  });
}

async function connect(
  topology: Topology,
  holder: Holder,
  dir: string,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, LabNode>> {
  const options = signal ? { signal } : {};
  const argv = ['ip', '-batch', '-'];
  const input = switchBatch(topology);
  const linked = await runEntering(entryArgv(holder)(dir), argv, { ...options, input });
  orThrow('switch', argv, linked);
  const bringUp = async (spec: NodeSpec): Promise<readonly [string, LabNode]> => {
    const node = labNode(spec, holder, dir);
    await mkdir(node.dir);
    await node.must(argv, { ...options, input: nodeBatch(spec) });
    for (const command of nodeCommands(spec)) await node.must(command, options);
    return [spec.name, node];
  };
  const results = await Promise.allSettled(topology.nodes.map(bringUp));
  return new Map(results.map(valueOrThrow));
}

function valueOrThrow<T>(result: PromiseSettledResult<T>): T {
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}

function openLab(holder: Holder, dir: string, nodes: ReadonlyMap<string, LabNode>): Lab {
  let closing: Promise<void> | undefined;
  return {
    mode: holder.mode,
    dir,
    node(name) {
      const node = nodes.get(name);
      if (node === undefined) throw failed('lab-failed', `the lab has no node "${name}"`);
      return node;
    },
    processes: () => processesOf(holder),
    close() {
      closing ??= holder.end().then(() => removeLabFolder(dir));
      return closing;
    },
  };
}

function processesOf(holder: Holder): readonly ProcessInLab[] {
  const namespace = pidNamespace(holder.pid);
  if (namespace === undefined) return [];
  return allPids().flatMap((pid) => {
    if (pid === holder.pid || pidNamespace(pid) !== namespace || stateOf(pid) === 'Z') return [];
    const pidInLab = innerPid(pid);
    return pidInLab === undefined ? [] : [{ pid, pidInLab, argv: commandOf(pid) }];
  });
}
