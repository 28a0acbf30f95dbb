import type { InterfaceAddress, Neighbour } from '../host/addresses.js';
import type { DiversionPart, DiversionTable, Service } from '../host/diversion.js';

/** What a hand-over to another node is about. */
export interface HandoffRequest {
  readonly services: readonly Service[];
  /** Addresses of the one other node, at most one of each family. */
  readonly peers: readonly string[];
  /** The interface at which clients and the peer are. */
  readonly device: string;
  readonly work: HandoffWork;
  readonly drainTimeoutMs: number;
}

/** What is done once the peer serves all new flows. */
export type HandoffWork =
  | {
      readonly kind: 'command';
      readonly argv: readonly string[];
      /** The command leaves established connections alone, as a lossless reload does. */
      readonly keepsConnections: boolean;
      readonly timeoutMs: number;
      /** The service is asked for this by HTTP afterwards; null: it is enough that it accepts. */
      readonly healthPath: string | null;
    }
  | {
      readonly kind: 'failover';
      readonly trackFile: string;
      readonly value: string;
      /** Whether there is such a file. */
      readonly fileExists: boolean;
    };

/** All that the planner and the doctor may know about this node, read once. Plain data. */
export interface HandoffFacts {
  readonly services: readonly Service[];
  readonly device: string;
  readonly addresses: readonly InterfaceAddress[];
  /** Null: nft is not installed, or may not be used; then `nftTrouble` says why. */
  readonly tables: readonly TableFacts[] | null;
  readonly nftTrouble: string | null;
  readonly neighbours: readonly NeighbourFacts[];
  /** Effective values at the interface: the greater one of `all` and its own. Null: no such file. */
  readonly arpIgnore: number | null;
  readonly arpAnnounce: number | null;
  readonly rpFilter: number | null;
  /** As the kernel has them, by full name. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** Services that something listens for here. */
  readonly listening: readonly Service[];
}

export interface TableFacts {
  readonly family: DiversionPart['family'];
  /** Null: hitless has made none. */
  readonly table: DiversionTable | null;
  /** There is one of the name that hitless has not made. */
  readonly foreign: boolean;
  /** The peer serves flows by way of it. */
  readonly inUse: boolean;
}

export interface NeighbourFacts {
  readonly peer: string;
  readonly neighbour: Neighbour | null;
}

export function familyOf(address: string): DiversionPart['family'] {
  return address.includes(':') ? 'ip6' : 'ip';
}

/** An address of this node that is none of the shared ones, for the peer to answer to. */
export function ownAddress(
  facts: Pick<HandoffFacts, 'addresses' | 'services' | 'device'>,
  family: DiversionPart['family'],
): string | null {
  const own = facts.addresses.find(
    ({ device, address }) =>
      device === facts.device &&
      familyOf(address) === family &&
      !address.toLowerCase().startsWith('fe80:') &&
      !facts.services.some((service) => service.address === address),
  );
  return own?.address ?? null;
}
