import { failed } from '../../error.js';
import type { Host } from '../../host/host.js';
import { synTargets } from '../../host/syn-targets.js';
import {
  ADD_IFB,
  filtersIn,
  hasIngress,
  IFB,
  isPlug,
  layLines,
  parseQdiscs,
  plugLines,
  type Qdisc,
  REMOVE_FROM_LO,
  REMOVE_IFB,
  removeIngressLine,
  tcArgv,
  unfilterLines,
} from '../../host/tc-plug.js';
import { waitFor } from '../../host/wait.js';
import type { SynHold } from './syn-hold.js';

/**
 * SYNs wait in a plug qdisc and go on when it is opened. sch_plug has no timer: a process of its own
 * opens it when the time is over or hitless has ended. Nor does it show its state: that it is shut
 * follows from what tc returned and from the guard being on watch, that it is open from an empty
 * queue, and for good from being removed.
 */
export const plugHold: SynHold = {
  hold: async ({ listeners, interfaces }, holdMs, pid, { host, runId }) => {
    const former = await host.processes.guardsNamed(runId);
    const plugs = (await qdiscsOf(host, pid)).filter(isPlug);
    // Without a guard of this run they are what a killed one has left.
    if (plugs.length < PLUGS || former.length === 0) {
      await remove(host, pid, interfaces);
      for (const argv of ADD_IFB) await must(host, pid, argv);
      await batch(host, pid, layLines(synTargets(listeners), interfaces));
    }
    const [guard] = former;
    if (guard === undefined) await startGuard(host, pid, runId, holdMs);
    else await host.processes.signal(guard, 'SIGUSR1');
    const beganMs = host.clock.now();
    await batch(host, pid, plugLines('block'));
    return beganMs;
  },
  problem: async (_target, pid, { host, runId }) => {
    const plugs = (await qdiscsOf(host, pid)).filter(isPlug);
    if (plugs.length < PLUGS) return 'a plug qdisc is missing: SYNs are not held back';
    const guards = await host.processes.guardsNamed(runId);
    return guards.length > 0 ? undefined : 'the guard has ended: SYNs are not held back any more';
  },
  release: async ({ interfaces }, pid, { host, runId }) => {
    const plugs = (await qdiscsOf(host, pid)).filter(isPlug);
    for (const line of plugLines('release_indefinite')) {
      await open(host, pid, line, plugs);
    }
    const openMs = host.clock.now();
    if (plugs.length > 0) await awaitEmpty(host, pid);
    await remove(host, pid, interfaces);
    for (const guard of await host.processes.guardsNamed(runId)) {
      await host.processes.signal(guard, 'SIGTERM');
    }
    return openMs;
  },
  left: async (_target, pid, { host, runId }) => {
    const plugs = (await qdiscsOf(host, pid)).filter(isPlug);
    if (plugs.length > 0)
      return `the plug on ${plugs.map(({ dev }) => dev).join(', ')} is still there`;
    return (await guardsEnd(host, runId)) ? undefined : 'the guard is still there';
  },
};

/** Before the plug is shut: from then on somebody sees to its opening. */
async function startGuard(
  host: Host,
  pid: number | undefined,
  name: string,
  afterMs: number,
): Promise<void> {
  const commands = plugLines('release_indefinite').map(tcArgv);
  await host.processes.startGuard({ name, watches: host.self, afterMs, commands, ...inside(pid) });
}

/** On `lo` and on the ifb device. */
const PLUGS = 2;
const EMPTY_TIMEOUT_MS = 2_000;
const GUARD_END_TIMEOUT_MS = 2_000;

/** Every release is verified: a plug that stays shut is a port that is closed for good. */
async function open(
  host: Host,
  pid: number | undefined,
  line: string,
  plugs: readonly Qdisc[],
): Promise<void> {
  const device = / dev (\S+) /.exec(line)?.[1];
  if (plugs.some(({ dev }) => dev === device)) await must(host, pid, tcArgv(line));
}

/** What was held has gone on: counted by the kernel. */
async function awaitEmpty(host: Host, pid: number | undefined): Promise<void> {
  const empty = await waitFor(
    async () => {
      const plugs = (await qdiscsOf(host, pid)).filter(isPlug);
      return plugs.every(({ qlen = 0 }) => qlen === 0) ? true : undefined;
    },
    { timeoutMs: EMPTY_TIMEOUT_MS, clock: host.clock },
  );
  if (empty !== undefined) return;
  throw failed('not-confirmed', 'SYNs are still held after the plug was opened', {
    hint: 'look at "tc -s qdisc show"; deleting the plug has clients send them again',
  });
}

/** Filters first, so that no packet is in a plug that goes. */
async function remove(
  host: Host,
  pid: number | undefined,
  interfaces: readonly string[],
): Promise<void> {
  const qdiscs = await qdiscsOf(host, pid);
  const own = qdiscs.some(isPlug) || (await hasIfb(host, pid));
  const filtered = interfaces.filter((name) => hasIngress(qdiscs, name));
  if (!own && filtered.length === 0 && !hasPrio(qdiscs)) return;
  for (const line of unfilterLines(filtered))
    await host.run({ argv: tcArgv(line), ...inside(pid) });
  for (const name of filtered) {
    const argv = ['tc', '-j', 'filter', 'show', 'dev', name, 'ingress'];
    const { stdout } = await host.run({ argv, ...inside(pid) });
    if (filtersIn(stdout) === 'none') await must(host, pid, tcArgv(removeIngressLine(name)));
  }
  if (hasPrio(qdiscs)) await must(host, pid, tcArgv(REMOVE_FROM_LO));
  if (await hasIfb(host, pid)) await must(host, pid, REMOVE_IFB);
}

function hasPrio(qdiscs: readonly Qdisc[]): boolean {
  return qdiscs.some(({ dev, handle }) => dev === 'lo' && REMOVE_FROM_LO.endsWith(` ${handle}`));
}

async function hasIfb(host: Host, pid: number | undefined): Promise<boolean> {
  const { code } = await host.run({ argv: ['ip', 'link', 'show', IFB], ...inside(pid) });
  return code === 0;
}

async function qdiscsOf(host: Host, pid: number | undefined): Promise<readonly Qdisc[]> {
  return parseQdiscs(await must(host, pid, ['tc', '-s', '-j', 'qdisc', 'show']));
}

async function guardsEnd(host: Host, runId: string): Promise<boolean> {
  const gone = await waitFor(
    async () => ((await host.processes.guardsNamed(runId)).length === 0 ? true : undefined),
    { timeoutMs: GUARD_END_TIMEOUT_MS, clock: host.clock },
  );
  return gone === true;
}

async function batch(host: Host, pid: number | undefined, lines: readonly string[]): Promise<void> {
  await must(host, pid, ['tc', '-batch', '-'], lines.join('\n'));
}

async function must(
  host: Host,
  pid: number | undefined,
  argv: readonly string[],
  input?: string,
): Promise<string> {
  const given = input === undefined ? {} : { input: `${input}\n` };
  const { code, stdout, stderr } = await host.run({ argv, ...given, ...inside(pid) });
  if (code === 0) return stdout;
  throw failed(
    'step-failed',
    `${argv.slice(0, 6).join(' ')}: ${stderr.trim().split('\n')[0] ?? ''}`,
    {
      subject: argv[0] ?? '',
    },
  );
}

function inside(pid: number | undefined): { readonly netNamespaceOf?: number } {
  return pid === undefined ? {} : { netNamespaceOf: pid };
}
