import type { SynTarget } from './syn-targets.js';

/**
 * Lines for `tc -batch` and `ip` that hold SYNs in a plug qdisc, pure; and what tc(8) prints. Local
 * clients' SYNs leave by `lo`: a class of their own there, which holds the plug. Other machines'
 * come in by an interface: redirected to an ifb device, whose root is the plug, and from there back
 * to where they came in. Handles, preferences and the device's name are such that nobody else has
 * them: so what a killed run has left is known as ours.
 */
export const IFB = 'hitless0';
const PRIO = '4817:';
const PLUG = '4818:';
/** One for each protocol: the kernel keeps one protocol a preference. */
const PREFERENCE = { ipv4: 4817, ipv6: 4818 } as const;

/** Bytes: by default an ifb holds 48 kB, 650 SYNs, and drops the rest (sch_plug.c). */
const LIMIT_BYTES = 16 * 1024 * 1024;

/** Beside fin, rst and ack: those of a retry with ECN have more. */
const ONLY_SYN = 'tcp_flags 0x02/0x17';

export const ADD_IFB: readonly (readonly string[])[] = [
  ['ip', 'link', 'add', IFB, 'type', 'ifb'],
  ['ip', 'link', 'set', IFB, 'up'],
];
export const REMOVE_IFB: readonly string[] = ['ip', 'link', 'delete', IFB];

/** The filters come last: a plug is born shut. */
export function layLines(
  targets: readonly SynTarget[],
  interfaces: readonly string[],
): readonly string[] {
  return [
    `qdisc add dev lo root handle ${PRIO} prio bands 4`,
    `qdisc add dev lo parent ${PRIO}4 handle ${PLUG} plug limit ${LIMIT_BYTES}`,
    `qdisc add dev ${IFB} root handle ${PLUG} plug limit ${LIMIT_BYTES}`,
    ...plugLines('release_indefinite'),
    ...targets.map(
      (target) => `filter add dev lo parent ${PRIO} ${match(target)} classid ${PRIO}4`,
    ),
    ...interfaces.flatMap((name) => [
      `qdisc add dev ${name} clsact`,
      ...targets.map(
        (target) =>
          `filter add dev ${name} ingress ${match(target)} action mirred egress redirect dev ${IFB}`,
      ),
    ]),
  ];
}

/** `change`, never `replace`: that one makes a plug with no room when there is none. */
export function plugLines(action: 'block' | 'release_indefinite'): readonly string[] {
  return [
    `qdisc change dev lo parent ${PRIO}4 handle ${PLUG} plug ${action}`,
    `qdisc change dev ${IFB} root handle ${PLUG} plug ${action}`,
  ];
}

/** No SYN comes to the plugs after these. Each may fail where there is nothing (any more). */
export function unfilterLines(interfaces: readonly string[]): readonly string[] {
  const preferences = Object.values(PREFERENCE);
  return [
    ...preferences.map((pref) => `filter delete dev lo parent ${PRIO} pref ${pref}`),
    ...interfaces.flatMap((name) =>
      preferences.map((pref) => `filter delete dev ${name} ingress pref ${pref}`),
    ),
  ];
}

export const REMOVE_FROM_LO = `qdisc delete dev lo root handle ${PRIO}`;

export function removeIngressLine(name: string): string {
  return `qdisc delete dev ${name} clsact`;
}

/** One line of `tc -batch` as an argv of its own. */
export function tcArgv(line: string): readonly string[] {
  return ['tc', ...line.split(' ')];
}

function match({ family, address, port }: SynTarget): string {
  const protocol = family === 'ipv4' ? 'ip' : 'ipv6';
  const to = address === null ? '' : ` dst_ip ${address}`;
  return `protocol ${protocol} pref ${PREFERENCE[family]} flower ip_proto tcp${to} dst_port ${port} ${ONLY_SYN}`;
}

/** What it takes of the kernel, each line its own part: the first that fails is missing. */
export const TRIAL_LINES: readonly (readonly [line: string, needs: string])[] = [
  [`qdisc add dev lo root handle ${PLUG} plug limit ${LIMIT_BYTES}`, 'sch_plug'],
  [`qdisc replace dev lo root handle ${PRIO} prio bands 4`, 'sch_prio'],
  ['qdisc add dev lo clsact', 'sch_ingress'],
  [
    `filter add dev lo parent ${PRIO} ${match({ family: 'ipv4', address: null, port: 1 })} classid ${PRIO}4`,
    'cls_flower',
  ],
  [
    `filter add dev lo ingress ${match({ family: 'ipv6', address: null, port: 1 })} action mirred egress redirect dev lo`,
    'act_mirred',
  ],
];

/** One qdisc of `tc -s -j qdisc show`. */
export interface Qdisc {
  readonly kind: string;
  readonly handle: string;
  readonly dev: string;
  readonly root?: boolean;
  readonly qlen?: number;
}

export function parseQdiscs(json: string): readonly Qdisc[] {
  return json.trim() === '' ? [] : (JSON.parse(json) as readonly Qdisc[]);
}

export function isPlug({ kind, handle, dev }: Qdisc): boolean {
  return kind === 'plug' && handle === PLUG && (dev === 'lo' || dev === IFB);
}

/** In the way on `lo`: anything but the kernel's own default and what a run of ours has left. */
export function foreignRoot(qdiscs: readonly Qdisc[]): Qdisc | undefined {
  const root = qdiscs.find(({ dev, root: isRoot }) => dev === 'lo' && isRoot === true);
  return root === undefined || root.handle === '0:' || root.handle === PRIO ? undefined : root;
}

export function hasIngress(qdiscs: readonly Qdisc[], name: string): boolean {
  return qdiscs.some(({ dev, kind }) => dev === name && (kind === 'clsact' || kind === 'ingress'));
}

/** `tc -j filter show dev NAME ingress`: whose the filters there are. */
export function filtersIn(json: string): 'none' | 'ours' | 'foreign' {
  const filters =
    json.trim() === '' ? [] : (JSON.parse(json) as readonly { readonly pref?: number }[]);
  const ours: readonly (number | undefined)[] = Object.values(PREFERENCE);
  const known = filters.flatMap(({ pref }) => (pref === undefined ? [] : [pref]));
  if (known.length === 0) return 'none';
  return known.every((pref) => ours.includes(pref)) ? 'ours' : 'foreign';
}

/**
 * `ip -j address show up`: interfaces that have an address, by which packets for this host come.
 * Ports of a bridge or a bond have none: their packets come by the bridge or the bond.
 */
export function clientInterfaces(json: string): readonly string[] {
  const links = JSON.parse(json) as readonly {
    readonly ifname?: string;
    readonly flags?: readonly string[];
    readonly addr_info?: readonly unknown[];
  }[];
  return links.flatMap(({ ifname, flags = [], addr_info: addresses = [] }) =>
    ifname === undefined || flags.includes('LOOPBACK') || ifname === IFB || addresses.length === 0
      ? []
      : [ifname],
  );
}
