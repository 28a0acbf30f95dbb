import { open, readFile, readdir, readlink } from 'node:fs/promises';
import { parseTcp, parseUnix } from '../proc.js';
import { parseSs, SS_CONNECTIONS_ARGV } from '../ss.js';
import { runCommand } from './commands.js';
import { connect } from './runtime-connection.js';
import type { Socket, Sockets } from '../host.js';

export const sockets: Sockets = { listeners, connections, inodesOf, connect };

async function listeners(pid: number): Promise<readonly Socket[]> {
  const [tcp, tcp6, unix] = await Promise.all([
    readListening(`/proc/${pid}/net/tcp`),
    readListening(`/proc/${pid}/net/tcp6`),
    unixSockets(pid),
  ]);
  return [...parseTcp(tcp, 'ipv4'), ...parseTcp(tcp6, 'ipv6'), ...unix].filter(
    (socket) => socket.state === 'listen',
  );
}

async function connections(pid: number): Promise<readonly Socket[]> {
  const [tcp, unix] = await Promise.all([
    runCommand({ argv: SS_CONNECTIONS_ARGV, namespacesOf: pid }),
    unixSockets(pid),
  ]);
  return [...parseSs(tcp.stdout), ...unix.filter((socket) => socket.state === 'established')];
}

async function inodesOf(pid: number): Promise<ReadonlySet<number>> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  const targets = await Promise.all(
    names.map(async (name) => await readlink(`${folder}/${name}`).catch(() => '')),
  );
  const inodes = targets.map((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1]);
  return new Set(inodes.filter((inode) => inode !== undefined).map(Number));
}

async function unixSockets(pid: number): Promise<readonly Socket[]> {
  return parseUnix(await readFile(`/proc/${pid}/net/unix`, 'utf8').catch(() => ''));
}

const CHUNK_BYTES = 64 * 1024;
const NOT_LISTENING = /^\s*\d+: \S+ \S+ (?!0A)/m;

/** The kernel prints listening sockets first (tcp_seq_start): stop at the first other one. */
async function readListening(path: string): Promise<string> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return '';
  try {
    const buffer = Buffer.alloc(CHUNK_BYTES);
    let text = '';
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, null);
      text += buffer.toString('latin1', 0, bytesRead);
      if (bytesRead === 0 || NOT_LISTENING.test(text)) return text;
    }
  } finally {
    await file.close();
  }
}
