import { SYSCTLS } from '../doctor/checks/kernel.js';
import type { HostFacts, TrafficFacts } from '../doctor/facts.js';
import type { ConfigFile } from '../haproxy/config-files.js';
import type { Host } from '../host/host.js';
import { LIST_RULESET_ARGV } from '../host/nft.js';
import { parseRuleset } from '../host/nft-list.js';
import { parseQdiscs } from '../host/tc-plug.js';
import { openRunIds } from './open-runs.js';

/** The kernel and its memory, as the process with that pid has them. */
export async function gatherHostFacts(
  host: Host,
  pid: number,
  files: readonly ConfigFile[],
): Promise<HostFacts> {
  const values = await Promise.all(
    SYSCTLS.map(async (name) => [name, await host.kernel.sysctl(name, pid)] as const),
  );
  const memory = (await host.files.read('/proc/meminfo'))?.toString('latin1') ?? '';
  const available = /^MemAvailable:\s+(\d+) kB/m.exec(memory)?.[1];
  return {
    nowMs: host.clock.now(),
    sysctls: new Map(
      values.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    availableBytes: available === undefined ? null : Number(available) * 1024,
    configModifiedMs:
      files.length === 0 ? null : Math.max(...files.map(({ modifiedMs }) => modifiedMs)),
  };
}

/**
 * Packet rules and queues where the service lives.
 *
 * @param pid a process there; hitless' own namespace when undefined
 */
export async function gatherTraffic(
  host: Host,
  pid: number | undefined,
  stateDir: string,
): Promise<TrafficFacts> {
  const print = async (argv: readonly string[]): Promise<string | null> => {
    const where = pid === undefined ? {} : { netNamespaceOf: pid };
    const ran = await host.run({ argv, ...where }).catch(() => undefined);
    return ran?.code === 0 ? ran.stdout : null;
  };
  const ruleset = await print(LIST_RULESET_ARGV);
  const qdiscs = await print(['tc', '-j', 'qdisc', 'show']);
  const saved = [await print(['iptables-save']), await print(['ip6tables-save'])];
  return {
    ruleset: ruleset === null ? null : parsed(ruleset, parseRuleset, null),
    qdiscs: qdiscs === null ? [] : parsed(qdiscs, parseQdiscs, []),
    iptables: saved.flatMap((text) =>
      (text ?? '').split('\n').filter((line) => line.startsWith('-A ')),
    ),
    openRuns: await openRunIds(host, stateDir).catch(() => []),
  };
}

/** A tool of another version may print something else. */
function parsed<T, E>(text: string, parse: (text: string) => T, otherwise: E): T | E {
  try {
    return parse(text);
  } catch {
    return otherwise;
  }
}
