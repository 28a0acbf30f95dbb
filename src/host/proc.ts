import type { Socket } from './host.js';

/**
 * Pure readers of what the kernel prints under /proc. Formats: proc(5) and, for net/tcp,
 * Documentation/networking/proc_net_tcp.rst.
 */

export interface ProcStat {
  readonly parentPid: number;
  readonly state: string;
  readonly startTicks: number;
}

/** /proc/PID/stat. The name in brackets may hold spaces and brackets: read from the last one on. */
export function parseStat(text: string): ProcStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '?', parentPid: Number(fields[1]), startTicks: Number(fields[19]) };
}

/** Real user and group from /proc/PID/status. */
export function parseOwner(text: string): { readonly uid: number; readonly gid: number } {
  return { uid: firstId(text, 'Uid'), gid: firstId(text, 'Gid') };
}

function firstId(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN);
}

/** NUL-separated words as in cmdline and environ. */
export function parseWords(text: string): readonly string[] {
  const words = text.split('\0');
  return words.at(-1) === '' ? words.slice(0, -1) : words;
}

export function parseEnvironment(text: string): Readonly<Record<string, string>> {
  const entries = parseWords(text).filter((word) => word.includes('='));
  return Object.fromEntries(
    entries.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
  );
}

/** /proc/PID/net/tcp and tcp6. */
export function parseTcp(text: string, family: 'ipv4' | 'ipv6'): readonly Socket[] {
  const address = family === 'ipv4' ? ipv4 : ipv6;
  const sockets: Socket[] = [];
  for (const line of text.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/);
    const [, local, remote, state, queues, , , , , inode] = fields;
    if (local === undefined || remote === undefined || inode === undefined) continue;
    const [tx = '0', rx = '0'] = (queues ?? '').split(':');
    const named = TCP_STATES[state ?? ''] ?? 'other';
    sockets.push({
      family,
      local: address(local),
      peer: named === 'listen' ? '' : address(remote),
      state: named,
      inode: Number(inode),
      receiveQueue: Number.parseInt(rx, 16),
      sendQueue: Number.parseInt(tx, 16),
      idleMs: null,
    });
  }
  return sockets;
}

const TCP_STATES: Readonly<Record<string, Socket['state']>> = {
  '01': 'established',
  '03': 'syn-recv',
  '04': 'closing',
  '05': 'closing',
  '08': 'closing',
  '09': 'closing',
  '0B': 'closing',
  '0A': 'listen',
  // NEW_SYN_RECV, should a kernel print it as such.
  '0C': 'syn-recv',
};

/** Each 32-bit word is printed as the little-endian machine holds it. */
function ipv4(text: string): string {
  const [host = '', port = ''] = text.split(':');
  return `${wordBytes(host).join('.')}:${Number.parseInt(port, 16)}`;
}

function ipv6(text: string): string {
  const [host = '', port = ''] = text.split(':');
  const bytes = [0, 8, 16, 24].flatMap((at) => wordBytes(host.slice(at, at + 8)));
  return `[${compressIpv6(bytes)}]:${Number.parseInt(port, 16)}`;
}

function wordBytes(word: string): readonly number[] {
  return [6, 4, 2, 0].map((at) => Number.parseInt(word.slice(at, at + 2), 16));
}

/** RFC 5952: the longest run of zero groups becomes `::`. IPv4-mapped addresses show their IPv4. */
function compressIpv6(bytes: readonly number[]): string {
  const groups = [0, 2, 4, 6, 8, 10, 12, 14].map(
    (at) => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0),
  );
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${bytes.slice(12).join('.')}`;
  }
  const text = groups.map((group) => group.toString(16)).join(':');
  const runs = text.match(/(?:^|:)0(?::0)+(?=:|$)/g) ?? [];
  // A run in the middle has a colon before it: of two as long as each other the first counts.
  const size = (run: string): number => run.replace(/^:/, '').length;
  const longest = runs.reduce((best, run) => (size(run) > size(best) ? run : best), '');
  if (longest === '') return text;
  const at = text.indexOf(longest);
  return `${text.slice(0, at)}::${text.slice(at + longest.length).replace(/^:/, '')}`;
}

/** /proc/PID/net/unix. Only stream sockets; the path may hold spaces. */
export function parseUnix(text: string): readonly Socket[] {
  const sockets: Socket[] = [];
  for (const line of text.split('\n').slice(1)) {
    const match = /^\S+: \S+ \S+ (\S+) (\S+) (\S+)\s+(\d+)(?: (.*))?$/.exec(line);
    if (match === null || match[2] !== '0001') continue;
    const listening = (Number.parseInt(match[1] ?? '0', 16) & UNIX_ACCEPTS) !== 0;
    sockets.push({
      family: 'unix',
      local: match[5] ?? '',
      peer: '',
      state: listening ? 'listen' : match[3] === '03' ? 'established' : 'other',
      inode: Number(match[4]),
      receiveQueue: 0,
      sendQueue: 0,
      idleMs: null,
    });
  }
  return sockets;
}

/** __SO_ACCEPTCON of linux/net.h. */
const UNIX_ACCEPTS = 0x10000;
