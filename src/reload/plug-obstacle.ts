import { HitlessError, messageOf } from '../error.js';
import type { Host } from '../host/host.js';
import {
  clientInterfaces,
  filtersIn,
  foreignRoot,
  hasIngress,
  parseQdiscs,
  TRIAL_LINES,
} from '../host/tc-plug.js';
import type { Facts, Obstacle } from '../methods/facts.js';

/** Interfaces by which clients of other machines come to HAProxy; undefined when nothing says. */
export async function interfacesOf(
  host: Host,
  { serving }: Facts,
): Promise<readonly string[] | undefined> {
  const argv = ['ip', '-j', 'address', 'show', 'up'];
  try {
    const { code, stdout } = await host.run({ argv, netNamespaceOf: serving.pid });
    return code === 0 ? clientInterfaces(stdout) : undefined;
  } catch {
    return undefined;
  }
}

/** Tried in a network namespace of its own, which is gone when the trial is over. */
export async function plugObstacle(
  host: Host,
  facts: Facts,
  interfaces: readonly string[] | undefined,
): Promise<Obstacle | null> {
  try {
    if (interfaces === undefined) return UNKNOWN_INTERFACES;
    return (
      (await missingPart(host)) ??
      (await missingIfb(host)) ??
      (await inTheWay(host, facts.serving.pid, interfaces))
    );
  } catch (error) {
    return error instanceof HitlessError && error.code === 'tool-missing'
      ? { because: messageOf(error), remedy: 'apt-get install iproute2 util-linux' }
      : { because: `tc does not work here: ${messageOf(error)}`, remedy: 'run hitless as root' };
  }
}

async function missingPart(host: Host): Promise<Obstacle | null> {
  const input = TRIAL_LINES.map(([line]) => `${line}\n`).join('');
  const argv = ['unshare', '--net', 'tc', '-batch', '-'];
  const { code, stderr } = await host.run({ argv, input });
  if (code === 0) return null;
  const failedLine = Number(/Command failed -:(\d+)/.exec(stderr)?.[1] ?? 0);
  const needed = TRIAL_LINES[failedLine - 1]?.[1];
  return needed === undefined ? notAllowed(stderr) : missing(needed);
}

async function missingIfb(host: Host): Promise<Obstacle | null> {
  const argv = ['unshare', '--net', 'ip', 'link', 'add', 'trial0', 'type', 'ifb'];
  const { code, stderr } = await host.run({ argv });
  if (code === 0) return null;
  return stderr.includes('unshare') ? notAllowed(stderr) : missing('ifb');
}

/** What somebody else has set up on the interfaces is not destroyed. */
async function inTheWay(
  host: Host,
  netNamespaceOf: number,
  interfaces: readonly string[],
): Promise<Obstacle | null> {
  const show = ['tc', '-j', 'qdisc', 'show'];
  const qdiscs = parseQdiscs((await host.run({ argv: show, netNamespaceOf })).stdout);
  const root = foreignRoot(qdiscs);
  if (root !== undefined) return foreign('lo', root.kind, 'root');
  for (const name of interfaces.filter((each) => hasIngress(qdiscs, each))) {
    const argv = ['tc', '-j', 'filter', 'show', 'dev', name, 'ingress'];
    const { stdout } = await host.run({ argv, netNamespaceOf });
    if (filtersIn(stdout) !== 'ours') return foreign(name, 'clsact or ingress', 'ingress');
  }
  return null;
}

function missing(part: string): Obstacle {
  return {
    because: `this kernel has no ${part}`,
    remedy: `run a kernel with ${part} (Debian's own has it), or use --method syn-drop`,
  };
}

function notAllowed(stderr: string): Obstacle {
  const why = stderr.trim().split('\n')[0] ?? '';
  return { because: `no network namespace can be made to try it: ${why}`, remedy: 'run as root' };
}

function foreign(device: string, kind: string, where: string): Obstacle {
  return {
    because: `${device} has ${where} qdiscs that are not those of hitless (${kind})`,
    remedy: `look at it with "tc qdisc show dev ${device}"; remove it, or use --method syn-drop`,
  };
}

const UNKNOWN_INTERFACES: Obstacle = {
  because: 'the interfaces by which clients come could not be listed with ip',
  remedy: 'apt-get install iproute2',
};
