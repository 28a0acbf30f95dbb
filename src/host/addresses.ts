/** Addresses and neighbours as ip(8) of iproute2 prints them, pure. */
export interface InterfaceAddress {
  readonly device: string;
  readonly address: string;
  readonly prefixLength: number;
  /** The kernel does not choose it by itself for connections that begin here. */
  readonly deprecated: boolean;
}

export const LIST_ADDRESSES_ARGV: readonly string[] = ['ip', '-json', 'address', 'show'];

interface ListedInterface {
  readonly ifname?: string;
  readonly addr_info?: readonly {
    readonly local?: string;
    readonly prefixlen?: number;
    readonly deprecated?: boolean;
  }[];
}

export function parseAddresses(json: string): readonly InterfaceAddress[] {
  const interfaces = JSON.parse(json === '' ? '[]' : json) as readonly ListedInterface[];
  return interfaces.flatMap(({ ifname = '', addr_info: addresses = [] }) =>
    addresses.map(({ local = '', prefixlen = 0, deprecated = false }) => ({
      device: ifname,
      address: local,
      prefixLength: prefixlen,
      deprecated,
    })),
  );
}

/** On `lo` with the whole address as prefix: nothing else becomes reachable by it. */
export function addressArgv(
  verb: 'add' | 'delete',
  address: string,
  device: string,
): readonly string[] {
  const ipv6 = address.includes(':');
  const prefix = `${address}/${ipv6 ? 128 : 32}`;
  // It is on another node as well: duplicate address detection would take it away.
  const flags = ipv6 && verb === 'add' ? ['nodad'] : [];
  return ['ip', 'address', verb, prefix, 'dev', device, ...flags];
}

export interface Neighbour {
  readonly address: string;
  readonly mac: string | null;
  readonly state: string;
}

export function neighbourArgv(address: string, device: string): readonly string[] {
  return ['ip', '-json', 'neighbour', 'show', address, 'dev', device];
}

export function parseNeighbour(json: string): Neighbour | undefined {
  const [first] = JSON.parse(json.trim() === '' ? '[]' : json) as readonly {
    readonly dst: string;
    readonly lladdr?: string;
    readonly state?: readonly string[];
  }[];
  if (first === undefined) return undefined;
  return { address: first.dst, mac: first.lladdr ?? null, state: first.state?.[0] ?? '' };
}
