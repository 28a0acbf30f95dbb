import { ONLY_SYN } from './nft.js';

/**
 * Rules that send new flows on to another node while established ones stay, pure. Two tables,
 * `ip` and `ip6`: the `dup` statement has no inet flavour (nft(8), "dup statement"; in the kernel
 * nft_dup_ipv4 and nft_dup_ipv6).
 */
export interface Diversion {
  readonly parts: readonly DiversionPart[];
  /** The interface behind which the peers are. */
  readonly device: string;
}

/** What one address family needs. */
export interface DiversionPart {
  readonly family: 'ip' | 'ip6';
  readonly services: readonly Service[];
  readonly peer: string;
  /** What the peer sends here is ours: two nodes that hand over to each other must not play ball. */
  readonly peerMac: string;
}

/** A shared address and a port. */
export interface Service {
  readonly address: string;
  readonly port: number;
}

export const DIVERSION_TABLE = 'hitless_handoff';
/**
 * A small set of the table says in comments whose it is and what for. Listing a set by its name is
 * quick; nft 1.0.6 fetches every flow of the table when it lists anything else of it (1 s for 16,000).
 */
const ABOUT = { owner: 1, rules: 2, target: 3, started: 4 } as const;

/** New flows are diverted for this long after hitless has last been heard of. */
export const LEASE_S = 30;
/** A SYN is sent again for about a minute (tcp_syn_retries), and so is the answer to it. */
const HANDSHAKE_S = 75;
/** A diverted connection of which nothing has been heard for this long has vanished. */
const FLOW_S = 7_200;
/** After the client's FIN or RST: acknowledgements still come, and each of them begins it anew. */
const ENDING_S = 30;
/** A SYN that is sent again and the acknowledgement that overtakes it are sent at one moment. */
const ANSWERED_S = 2;
/** No packet has been passed on for this long: clients are quiet. */
const RECENT_S = 5;
/**
 * Elements of one set; when it is full new flows wait until some have ended. Also the kernel's
 * hint for the first size of the hash table: a huge one shrinks for long.
 */
const SIZE = 131_072;
const HALF_OPEN_MAX = 32_768;
const SERVICES_MAX = 1_024;

/** Makes the tables, with nothing diverted yet: from now on half-open handshakes are remembered. */
export function watchScript(diversion: Diversion, owner: string): string {
  return diversion.parts.flatMap((part) => tableLines(part, diversion, owner)).join('\n');
}

/** Two diversions with the same rules have the same: FNV-1a, 32 bits. */
export function fingerprint(diversion: Diversion): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(JSON.stringify(diversion))) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash.toString(16);
}

function tableLines(part: DiversionPart, diversion: Diversion, owner: string): readonly string[] {
  const { family, peer } = part;
  const { device } = diversion;
  const table = `${family} ${DIVERSION_TABLE}`;
  const address = family === 'ip' ? 'ipv4_addr' : 'ipv6_addr';
  const tuple = `${address} . inet_service . ${address} . inet_service`;
  const set = (name: string, timeoutS: number, size = SIZE): string =>
    `add set ${table} ${name} { type ${tuple}; size ${size}; flags dynamic,timeout; timeout ${timeoutS}s; }`;
  const sign = (name: string, timeoutS: number): string =>
    `add set ${table} ${name} { type ${address} . inet_service; size ${SERVICES_MAX}; flags dynamic,timeout; timeout ${timeoutS}s; }`;
  const rule = (chain: string, text: string): string => `add rule ${table} ${chain} ${text}`;
  return [
    `add table ${table}`,
    `add set ${table} about { type mark; }`,
    aboutLine(family, 'owner', owner),
    aboutLine(family, 'rules', fingerprint(diversion)),
    aboutLine(family, 'target', `${peer} ${device}`),
    `add set ${table} services { type ${address} . inet_service; flags timeout; }`,
    sign('recent', RECENT_S),
    sign('some_ending', ENDING_S),
    set('flows', FLOW_S),
    set('ending', ENDING_S),
    set('half_open', HANDSHAKE_S, HALF_OPEN_MAX),
    set('answered', ANSWERED_S),
    `add chain ${table} fresh`,
    `add chain ${table} handed`,
    `add chain ${table} passed { type filter hook prerouting priority raw; policy accept; }`,
    ...passedRules(part).map((text) => rule('passed', text)),
    ...freshRules(family).map((text) => rule('fresh', text)),
    ...handedRules(part, device).map((text) => rule('handed', text)),
  ];
}

function aboutLine(
  family: DiversionPart['family'],
  key: keyof typeof ABOUT,
  comment: string,
): string {
  return `add element ${family} ${DIVERSION_TABLE} about { ${ABOUT[key]} comment "${comment}" }`;
}

function passedRules({ family, services, peerMac }: DiversionPart): readonly string[] {
  const flow = flowOf(family);
  return [
    'iif "lo" accept',
    `ether saddr ${peerMac} accept`,
    `${family} daddr . tcp dport != { ${services.map(serviceText).join(', ')} } accept`,
    `${ONLY_SYN} jump fresh`,
    // The client has the answer to its SYN and sends no other; one that it sent just before may
    // still come, though, overtaken by this packet on another core or another way.
    `tcp flags & syn == 0 ${flow} @half_open add @answered { ${flow} }`,
    `tcp flags & syn == 0 ${flow} @answered delete @half_open { ${flow} }`,
    `tcp flags & (fin|rst) != 0 delete @answered { ${flow} }`,
    `${flow} @flows jump handed`,
    `${flow} @ending update @ending { ${flow} } goto handed`,
  ];
}

/** Who gets a new flow. A SYN that has been here before goes where it went then. */
function freshRules(family: DiversionPart['family']): readonly string[] {
  const flow = flowOf(family);
  const diverted = `${family} daddr . tcp dport @services`;
  return [
    `${flow} @flows return`,
    // The port is used again: whatever ended on it has ended.
    `delete @ending { ${flow} }`,
    `${flow} @half_open return`,
    `${flow} @answered return`,
    `${diverted} update @flows { ${flow} timeout ${HANDSHAKE_S}s }`,
    `${flow} @flows return`,
    // It cannot be remembered: an insertion fails while the kernel resizes the hash table and has
    // no time for it (-EBUSY of rhashtable_insert_rehash). The client sends its SYN again and is
    // late, not lost. Served here it would be cut by what this node drains for.
    `${diverted} drop`,
    `update @half_open { ${flow} }`,
    `${flow} @half_open return`,
    'drop',
  ];
}

/** The flow's memory is renewed, and the packet goes to the peer and nowhere else. */
function handedRules({ family, peer }: DiversionPart, device: string): readonly string[] {
  const flow = flowOf(family);
  const ends = 'tcp flags & (fin|rst) != 0';
  return [
    `${ends} update @ending { ${flow} }`,
    // Not before it is remembered there.
    `${ends} ${flow} @ending delete @flows { ${flow} }`,
    `tcp flags & (fin|syn|rst) == 0 ${flow} @flows update @flows { ${flow} }`,
    // One element for all flows: the kernel takes long to list thousands (nf_tables_dump_set
    // begins anew for each message).
    `update @recent { ${family} daddr . tcp dport }`,
    `${flow} @ending update @some_ending { ${family} daddr . tcp dport }`,
    `dup to ${peer} device "${device}" drop`,
  ];
}

function flowOf(family: DiversionPart['family']): string {
  return `${family} saddr . tcp sport . ${family} daddr . tcp dport`;
}

function serviceText({ address, port }: Service): string {
  return `${address} . ${port}`;
}

/** New flows go to the peer, and for {@link LEASE_S} from now; `forGood` until they are taken back. */
export function divertScript({ parts }: Diversion, forGood = false): string {
  return parts
    .flatMap(({ family, services }) => {
      const set = `${family} ${DIVERSION_TABLE} services`;
      const timeout = forGood ? '' : ` timeout ${LEASE_S}s`;
      const elements = services.map((service) => `${serviceText(service)}${timeout}`).join(', ');
      return [`flush set ${set}`, `add element ${set} { ${elements} }`];
    })
    .join('\n');
}

/** New flows stay here; those that the peer serves go on there. */
export function takeBackScript({ parts }: Diversion): string {
  return parts.map(({ family }) => `flush set ${family} ${DIVERSION_TABLE} services`).join('\n');
}

/** Half-open handshakes that were there before the tables: their SYN may come once more. */
export function rememberScript(family: DiversionPart['family'], flows: readonly string[]): string {
  return `add element ${family} ${DIVERSION_TABLE} half_open { ${flows.join(', ')} }`;
}

/**
 * No handshake is open here any more: a SYN that comes again is a new flow like any other.
 * `established`: connections are; a SYN of theirs that is still on its way stays here.
 */
export function forgetSynsScript({ parts }: Diversion, established: boolean): string {
  const sets = established ? ['half_open'] : ['half_open', 'answered'];
  return parts
    .flatMap(({ family }) => sets.map((set) => `flush set ${family} ${DIVERSION_TABLE} ${set}`))
    .join('\n');
}

export function startedScript({ parts }: Diversion): string {
  return parts.map(({ family }) => aboutLine(family, 'started', 'yes')).join('\n');
}

export function removeScript(families: readonly DiversionPart['family'][]): string {
  return families.map((family) => `delete table ${family} ${DIVERSION_TABLE}`).join('\n');
}

/** A new owner, in one transaction: the flows stay remembered. */
export function adoptScript({ parts }: Diversion, owner: string): string {
  return parts
    .flatMap(({ family }) => [
      // Only what is there can be deleted; adding it before does no harm.
      aboutLine(family, 'started', 'yes'),
      `delete element ${family} ${DIVERSION_TABLE} about { ${ABOUT.started}, ${ABOUT.owner} }`,
      aboutLine(family, 'owner', owner),
    ])
    .join('\n');
}

/** What a table says about itself. */
export interface DiversionTable {
  /** The run that made it. */
  readonly owner: string | null;
  /** `fingerprint` of what it was made for. */
  readonly rules: string | null;
  /** Where flows go: `PEER DEVICE`. */
  readonly target: string | null;
  /** The command has been started, and is not started again. */
  readonly started: boolean;
}

/** Those that are listed; `ending` and `half_open` are too long for that. */
export type DiversionSet = 'about' | 'services' | 'recent' | 'some_ending' | 'flows';

export function listSetArgv(family: DiversionPart['family'], set: DiversionSet): readonly string[] {
  return ['nft', '--json', 'list', 'set', family, DIVERSION_TABLE, set];
}

interface ListedSet {
  readonly set?: { readonly elem?: readonly unknown[] };
}

/** @param json as `nft --json list set` prints it */
export function parseElements(json: string): readonly unknown[] {
  const { nftables } = JSON.parse(json) as { readonly nftables: readonly ListedSet[] };
  return nftables.flatMap(({ set }) => set?.elem ?? []);
}

/** @param json of the set `about` */
export function parseAbout(json: string): DiversionTable {
  const elements = parseElements(json) as readonly {
    readonly elem?: { readonly val: number; readonly comment?: string };
  }[];
  const comment = (key: keyof typeof ABOUT): string | null =>
    elements.find(({ elem }) => elem?.val === ABOUT[key])?.elem?.comment ?? null;
  return {
    owner: comment('owner'),
    rules: comment('rules'),
    target: comment('target'),
    started: comment('started') !== null,
  };
}
