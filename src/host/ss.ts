import type { Socket } from './host.js';

/**
 * Connections by way of ss(8): unlike /proc/net/tcp the kernel filters by state before it copies,
 * so a hundred thousand TIME-WAIT entries cost nothing.
 */
export const SS_CONNECTIONS_ARGV: readonly string[] = [
  'ss',
  '--no-header',
  '--tcp',
  '--numeric',
  '--extended',
  '--info',
  '--oneline',
  ...[
    'established',
    'syn-recv',
    'fin-wait-1',
    'fin-wait-2',
    'close-wait',
    'last-ack',
    'closing',
  ].flatMap((state) => ['state', state]),
];

/** Whatever the kernel still has of a local port, TIME-WAIT too, but no listener. */
export function ssAllArgv(port: number): readonly string[] {
  return [
    'ss',
    '--no-header',
    '--tcp',
    '--numeric',
    'state',
    'connected',
    'sport',
    '=',
    `:${port}`,
  ];
}

/** Lines such as `ESTAB 0 0 127.0.0.1:80 127.0.0.1:4242 uid:33 ino:1234 sk:1 <->`. */
export function parseSs(text: string): readonly Socket[] {
  return text.split('\n').flatMap((line) => {
    const [state, receive, send, local, peer] = line.trim().split(/\s+/);
    if (state === undefined || local === undefined || peer === undefined) return [];
    return [
      {
        family: local.startsWith('[') ? ('ipv6' as const) : ('ipv4' as const),
        local: withoutInterface(local),
        peer: withoutInterface(peer),
        state: STATES[state] ?? ('closing' as const),
        inode: Number(/\bino:(\d+)/.exec(line)?.[1] ?? 0),
        receiveQueue: Number(receive),
        sendQueue: Number(send),
        idleMs: idleMs(line),
      },
    ];
  });
}

const STATES: Readonly<Record<string, Socket['state']>> = {
  ESTAB: 'established',
  'SYN-RECV': 'syn-recv',
};

/** The kernel counts since the last data in either direction. */
function idleMs(line: string): number | null {
  const times = [...line.matchAll(/\blast(?:snd|rcv):(\d+)/g)].map((match) => Number(match[1]));
  return times.length === 0 ? null : Math.min(...times);
}

/** A socket bound to a device shows as `127.0.0.1%lo:80`. */
function withoutInterface(address: string): string {
  return address.replace(/%[^:\]]+/, '');
}
