import { messageOf, refused } from '../error.js';
import {
  LIST_ADDRESSES_ARGV,
  neighbourArgv,
  parseAddresses,
  parseNeighbour,
} from '../host/addresses.js';
import { DIVERSION_TABLE, type Service } from '../host/diversion.js';
import type { Host } from '../host/host.js';
import { hostOf, portOf } from '../host/endpoint.js';
import { waitFor } from '../host/wait.js';
import {
  familyOf,
  ownAddress,
  type HandoffFacts,
  type NeighbourFacts,
  type TableFacts,
} from '../methods/handoff-facts.js';
import { hasFlows, readTables } from '../steps/diverting.js';

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
      scope.peers.map(async (peer) => {
        const from = ownAddress({ addresses, services, device }, familyOf(peer));
        return await resolveNeighbour(host, peer, device, from);
      }),
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
    const tables = await Promise.all(families.map(async (family) => await readTable(host, family)));
    return { tables, nftTrouble: null };
  } catch (error) {
    return { tables: null, nftTrouble: messageOf(error) };
  }
}

async function readTable(host: Host, family: TableFacts['family']): Promise<TableFacts> {
  const parts = [{ family }];
  const [table] = await readTables(host, { parts });
  if (table !== undefined) {
    return { family, table, foreign: false, inUse: await hasFlows(host, { parts }) };
  }
  const listed = await output(host, ['nft', 'list', 'tables', family]);
  const foreign = listed.split('\n').includes(`table ${family} ${DIVERSION_TABLE}`);
  return { family, table: null, foreign, inUse: false };
}

const RESOLVE_TIMEOUT_MS = 3_000;
const RESOLVE_EVERY_MS = 20;
/** Any: a datagram, or a refused connection, makes the kernel ask for the neighbour all the same. */
const KNOCK_PORT = 9;

/** `dup` sends nothing while the neighbour is unknown: so the kernel has to have asked before. */
async function resolveNeighbour(
  host: Host,
  peer: string,
  device: string,
  from: string | null,
): Promise<NeighbourFacts> {
  const look = async (): Promise<NeighbourFacts['neighbour']> => {
    const { code, stdout } = await host.run({ argv: neighbourArgv(peer, device) });
    return code === 0 ? (parseNeighbour(stdout) ?? null) : null;
  };
  // From a shared address the answer would stay at the peer, which has it as well.
  const call = { address: peer, port: KNOCK_PORT, timeoutMs: RESOLVE_TIMEOUT_MS };
  await host.sockets.call(from === null ? call : { ...call, from });
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
      if (family === 'unix' || portOf(local) !== port) return false;
      const at = hostOf(local);
      // A socket on [::] takes IPv4 as well unless it is v6only, which the kernel does not show.
      if (at === '[::]') return true;
      if (familyOf(address) === 'ip') return at === '0.0.0.0' || at === address;
      return at === `[${address}]`;
    }),
  );
}
