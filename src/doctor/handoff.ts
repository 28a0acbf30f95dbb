import type { Service } from '../host/diversion.js';
import { familyOf, ownAddress, type HandoffFacts } from '../methods/handoff-facts.js';
import type { Finding } from './finding.js';

/**
 * What a hand-over between two nodes needs, checked over facts. Pure.
 * Sources: Documentation/networking/ip-sysctl.rst (arp_ignore, arp_announce, rp_filter), nft(8).
 */

/** On the node that hands its flows over. */
export function checkNode(facts: HandoffFacts, peers: readonly string[]): readonly Finding[] {
  return [
    ...facts.services.flatMap((service) => [
      ...addressHere(facts, service),
      ...peerFor(facts, service, peers),
      ...listens(facts, service),
    ]),
    ...peers.flatMap((peer) => neighbour(facts, peer)),
    ...nftUsable(facts),
    ...foreignTable(facts),
    ...reversePath(facts),
  ].filter(isFirst);
}

/** On the node that serves meanwhile. */
export function checkPeer(facts: HandoffFacts): readonly Finding[] {
  const ipv4 = facts.services.some(({ address }) => familyOf(address) === 'ip');
  return [
    ...facts.services.flatMap((service) => [
      ...addressOnLoopback(facts, service),
      ...listens(facts, service),
    ]),
    ...(ipv4 ? silentArp(facts) : []),
    ...reversePath(facts),
  ].filter(isFirst);
}

const PREPARE = 'run "hitless handoff prepare" on this node';

function isFirst(finding: Finding, at: number, all: readonly Finding[]): boolean {
  return (
    all.findIndex(({ subject, what }) => subject === finding.subject && what === finding.what) ===
    at
  );
}

function addressHere(
  { addresses, device }: HandoffFacts,
  { address }: Service,
): readonly Finding[] {
  if (addresses.some((entry) => entry.device === device && entry.address === address)) return [];
  return [
    {
      severity: 'error',
      subject: address,
      what: `this node does not have ${address} on ${device}`,
      because: 'its clients are served by another node, so there is nothing to hand over',
      remedy:
        'run the command on the node that keepalived has given the address to, or name its --interface',
    },
  ];
}

function peerFor(
  facts: HandoffFacts,
  { address }: Service,
  peers: readonly string[],
): readonly Finding[] {
  const family = familyOf(address);
  const name = family === 'ip' ? 'IPv4' : 'IPv6';
  const findings: Finding[] = [];
  if (!peers.some((peer) => familyOf(peer) === family)) {
    findings.push({
      severity: 'error',
      subject: address,
      what: `no peer with an ${name} address is named`,
      because: 'nft sends a packet on to a neighbour of its own family',
      remedy: `add --peer with the ${name} address of the other node`,
    });
  }
  if (ownAddress(facts, family) === null) {
    findings.push({
      severity: 'error',
      subject: facts.device,
      what: `${facts.device} has no ${name} address of its own besides the shared ones`,
      because: 'the peer is tried from there before any client is sent to it',
      remedy: `give ${facts.device} an address that does not move`,
    });
  }
  return findings;
}

function neighbour({ neighbours, device }: HandoffFacts, peer: string): readonly Finding[] {
  const known = neighbours.find((entry) => entry.peer === peer)?.neighbour;
  if (known?.mac !== null && known?.mac !== undefined && known.state !== 'FAILED') return [];
  return [
    {
      severity: 'error',
      subject: peer,
      what: `the peer ${peer} cannot be reached directly by ${device}`,
      because: 'flows are passed on in frames, so the peer has to be a neighbour that answers',
      remedy: `is it up, and is --interface right? "ip neighbour show ${peer}" says what the kernel knows`,
    },
  ];
}

function nftUsable({ nftTrouble }: HandoffFacts): readonly Finding[] {
  if (nftTrouble === null) return [];
  return [
    {
      severity: 'error',
      subject: 'nft',
      what: `nft cannot be used: ${nftTrouble}`,
      because: 'the rules that pass new flows on are made with it',
      remedy: 'install nftables, and run hitless as root',
    },
  ];
}

function foreignTable({ tables }: HandoffFacts): readonly Finding[] {
  return (tables ?? [])
    .filter(({ foreign }) => foreign)
    .map(({ family }) => ({
      severity: 'error',
      subject: `table ${family} hitless_handoff`,
      what: 'there is an nft table of that name which hitless has not made',
      because: 'hitless neither changes nor removes what is not its own',
      remedy: `look at it with "nft list table ${family} hitless_handoff", and rename or delete it`,
    }));
}

function listens({ listening }: HandoffFacts, { address, port }: Service): readonly Finding[] {
  if (listening.some((one) => one.address === address && one.port === port)) return [];
  return [
    {
      severity: 'error',
      subject: `${address} port ${port}`,
      what: `nothing listens on ${address} port ${port} here`,
      because: 'clients that come here would be refused',
      remedy:
        'start the service, or have it listen on all addresses (with a specific one: net.ipv4.ip_nonlocal_bind)',
    },
  ];
}

function reversePath({ rpFilter, device }: HandoffFacts): readonly Finding[] {
  if (rpFilter !== 1) return [];
  return [
    {
      severity: 'error',
      subject: `net.ipv4.conf.${device}.rp_filter`,
      what: 'strict reverse path filtering is on',
      because: 'a packet that comes by another way than the answer would take is dropped',
      remedy: PREPARE,
    },
  ];
}

function addressOnLoopback(
  { addresses, device }: HandoffFacts,
  { address }: Service,
): readonly Finding[] {
  if (addresses.some((entry) => entry.device === device && entry.address === address)) {
    return [
      {
        severity: 'error',
        subject: address,
        what: `this node has ${address} on ${device}`,
        because: 'it serves the clients already; the peer is the one that does not',
        remedy: 'run "hitless doctor --handoff --role node" here, and this check on the other node',
      },
    ];
  }
  if (addresses.some((entry) => entry.address === address)) return [];
  return [
    {
      severity: 'error',
      subject: address,
      what: `this node does not have ${address} on lo`,
      because: 'it would not take packets for that address as its own',
      remedy: PREPARE,
    },
  ];
}

/** With the address on `lo`, both nodes would answer who has it. */
function silentArp({ arpIgnore, arpAnnounce, device }: HandoffFacts): readonly Finding[] {
  const findings: Finding[] = [];
  if (arpIgnore !== null && arpIgnore < 1) {
    findings.push({
      severity: 'error',
      subject: `net.ipv4.conf.${device}.arp_ignore`,
      what: 'it answers ARP requests for addresses that are on another interface',
      because: 'clients would come to this node although the other one has the address',
      remedy: PREPARE,
    });
  }
  if (arpAnnounce !== null && arpAnnounce < 2) {
    findings.push({
      severity: 'error',
      subject: `net.ipv4.conf.${device}.arp_announce`,
      what: 'its own ARP requests name any of its addresses as their sender',
      because: 'a neighbour would learn from them that the shared address is here',
      remedy: PREPARE,
    });
  }
  return findings;
}
