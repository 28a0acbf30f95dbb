import { refused } from '../error.js';
import { LIST_ADDRESSES_ARGV, neighbourArgv, parseAddresses, parseNeighbour } from '../host/addresses.js';
import type { Service } from '../host/diversion.js';
import type { Host } from '../host/host.js';
import { hostOf, portOf } from '../haproxy/listeners.js';
import { waitFor } from '../host/wait.js';
import { familyOf, type HandoffFacts, type NeighbourFacts } from '../methods/handoff-facts.js';
import { readTables } from '../steps/diverting.js';

/** What the facts are gathered for. */
export interface HandoffScope {
  readonly services: readonly Service[];
  readonly device: string;
  readonly peers: readonly string[];
}

/** Reads from the machine all that a hand-over to another node depends on. */
export async function gatherHandoffFacts(host: Host, scope: HandoffScope): Promise<HandoffFacts> {
  const { services, device } = scope;
  const addresses = parseAddresses(await output(host, LIST_ADDRESSES_ARGV));
  const { sysctls, effective } = await readSysctls(host, device);
  const { tables, nftTrouble } = await readOwnTables(host, services);
  return {
    services,
    device,
    addresses,
    tables,
    nftTrouble,
    neighbours: await Promise.all(
      scope.peers.map(async (peer) => await resolveNeighbour(host, peer, device)),
    ),
    arpIgnore: effective('arp_ignore'),
    arpAnnounce: effective('arp_announce'),
    rpFilter: effective('rp_filter'),
    sysctls,
    listening: await listening(host, services),
  };
}

async function output(host: Host, argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await host.run({ argv });
  if (code === 0) return stdout;
  throw refused('step-failed', `${argv.join(' ')}: ${stderr.trim()}`, { subject: argv[0] ?? '' });
}

const PARAMETERS = ['arp_ignore', 'arp_announce', 'rp_filter'] as const;

async function readSysctls(host: Host, device: string) {
  const sysctls: Record<string, string> = {};
  for (const parameter of PARAMETERS) {
    for (const where of ['all', device]) {
      const name = `net.ipv4.conf.${where}.${parameter}`;
      const value = await host.kernel.sysctl(name, host.self.pid);
      if (value !== undefined) sysctls[name] = value;
    }
  }
  const effective = (parameter: string): number | null => {
    const values = ['all', device].map((where) => sysctls[`net.ipv4.conf.${where}.${parameter}`]);
    const known = values.filter((value) => value !== undefined).map(Number);
    return known.length === 0 ? null : Math.max(...known);
  };
  return { sysctls, effective };
}

async function readOwnTables(
  host: Host,
  services: readonly Service[],
): Promise<Pick<HandoffFacts, 'tables' | 'nftTrouble'>> {
  const families = [...new Set(services.map(({ address }) => familyOf(address)))];
  try {
    const { code, stderr } = await host.run({ argv: ['nft', 'list', 'tables'] });
    if (code !== 0) return { tables: null, nftTrouble: stderr.trim().split('\n')[0] ?? '' };
    const tables = await readTables(host, { parts: families.map((family) => ({ family })) });
    return {
      tables: families.map((family, at) => ({ family, table: tables[at] ?? null })),
      nftTrouble: null,
    };
  } catch (error) {
    return { tables: null, nftTrouble: error instanceof Error ? error.message : String(error) };
  }
}

const RESOLVE_TIMEOUT_MS = 3_000;
const RESOLVE_EVERY_MS = 20;
/** Any: a datagram, or a refused connection, makes the kernel ask for the neighbour all the same. */
const KNOCK_PORT = 9;

/** `dup` sends nothing while the neighbour is unknown: so the kernel has to have asked before. */
async function resolveNeighbour(host: Host, peer: string, device: string): Promise<NeighbourFacts> {
  const look = async (): Promise<NeighbourFacts['neighbour']> => {
    const { code, stdout } = await host.run({ argv: neighbourArgv(peer, device) });
    return code === 0 ? (parseNeighbour(stdout) ?? null) : null;
  };
  await host.sockets.call({ address: peer, port: KNOCK_PORT, timeoutMs: RESOLVE_TIMEOUT_MS });
  const neighbour = await waitFor(
    async () => {
      const seen = await look();
      return seen !== null && seen.state !== 'INCOMPLETE' ? seen : undefined;
    },
    { timeoutMs: RESOLVE_TIMEOUT_MS, intervalMs: RESOLVE_EVERY_MS, clock: host.clock },
  );
  return { peer, neighbour: neighbour ?? null };
}

async function listening(host: Host, services: readonly Service[]): Promise<readonly Service[]> {
  const sockets = await host.sockets.listeners(host.self.pid);
  return services.filter(({ address, port }) =>
    sockets.some(({ family, local }) => {
      if (family === 'unix' || portOf(local) !== String(port)) return false;
      const at = hostOf(local);
      // A socket on [::] takes IPv4 as well unless it is v6only, which the kernel does not show.
      if (at === '[::]') return true;
      if (familyOf(address) === 'ip') return at === '0.0.0.0' || at === address;
      return at === `[${address}]`;
    }),
  );
}
