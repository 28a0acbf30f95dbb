import type { DiversionPart, Service } from './diversion.js';
import { ONLY_SYN } from './nft.js';

/**
 * A SYN of our own to the shared address that takes the way of a diverted one, pure. The routing
 * would keep it here, where the address is local: so it is sent to the peer in the output hook,
 * and the answer is seen in prerouting, before the routing drops it for its source address, which
 * is our own. Proves at once that `dup` works, that the peer is there, has the address and listens.
 */
export interface TrialPacket {
  readonly family: DiversionPart['family'];
  readonly service: Service;
  readonly peer: string;
  readonly device: string;
  /** An address of this node that the peer can answer to. */
  readonly from: string;
}

const TABLE = 'hitless_handoff_trial';
/** Should hitless die meanwhile: nothing is diverted by these rules after that. */
const LEASE_S = 5;

export function trialScript(trial: TrialPacket): string {
  const { family, service, peer, device, from } = trial;
  const table = `${family} ${TABLE}`;
  const address = family === 'ip' ? 'ipv4_addr' : 'ipv6_addr';
  const element = `${service.address} . ${service.port} timeout ${LEASE_S}s`;
  // The copy passes the output hook too, by the peer's interface: `oif lo` is the original's.
  const sent = `oif "lo" ${family} saddr ${from} ${family} daddr . tcp dport @tried ${ONLY_SYN}`;
  const answer = `iif != "lo" ${family} daddr ${from} ${family} saddr . tcp sport @tried`;
  return [
    `add table ${table}`,
    `delete table ${table}`,
    `add table ${table}`,
    `add set ${table} tried { type ${address} . inet_service; flags timeout; }`,
    `add set ${table} answered { type ${address} . inet_service; size 64; flags dynamic,timeout; timeout ${LEASE_S}s; }`,
    `add chain ${table} sent { type filter hook output priority raw; }`,
    `add chain ${table} seen { type filter hook prerouting priority raw; }`,
    `add rule ${table} sent ${sent} dup to ${peer} device "${device}" drop`,
    `add rule ${table} seen ${answer} tcp flags & (syn|ack|rst) == (syn|ack) update @answered { ${family} saddr . tcp sport }`,
    `add element ${table} tried { ${element} }`,
  ].join('\n');
}

export function trialAnsweredArgv(family: TrialPacket['family']): readonly string[] {
  return ['nft', '--json', 'list', 'set', family, TABLE, 'answered'];
}

export function parseAnswered(json: string): boolean {
  const { nftables } = JSON.parse(json) as {
    readonly nftables: readonly { readonly set?: { readonly elem?: readonly unknown[] } }[];
  };
  return nftables.some(({ set }) => (set?.elem?.length ?? 0) > 0);
}

export function endTrialScript(family: TrialPacket['family']): string {
  return [`add table ${family} ${TABLE}`, `delete table ${family} ${TABLE}`].join('\n');
}
