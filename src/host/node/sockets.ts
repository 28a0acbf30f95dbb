import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { failed } from '../../error.js';
import { parseTcp, parseUnix } from '../proc.js';
import { parseSs, SS_CONNECTIONS_ARGV } from '../ss.js';
import { call } from './call.js';
import { runCommand } from './commands.js';
import { connect } from './runtime-connection.js';
import type { Socket, Sockets } from '../host.js';

export const sockets: Sockets = { listeners, connections, inodesOf, connect, call };

async function listeners(pid: number): Promise<readonly Socket[]> {
  return [
    ...parseTcp(readListening(`/proc/${pid}/net/tcp`), 'ipv4'),
    ...parseTcp(readListening(`/proc/${pid}/net/tcp6`), 'ipv6'),
    ...unixSockets(pid),
  ].filter((socket) => socket.state === 'listen');
}

/**
 * @throws HitlessError `step-failed` when ss cannot say: no answer must never pass for "no connection"
 */
async function connections(pid: number): Promise<readonly Socket[]> {
  const { code, stdout, stderr } = await runCommand({
    argv: SS_CONNECTIONS_ARGV,
    namespacesOf: pid,
  });
  // A process that has just ended has neither a namespace to enter nor connections.
  if (code !== 0 && link(`/proc/${pid}/ns/net`) !== '') {
    const why = stderr.trim() || `exit code ${code}`;
    throw failed('step-failed', `ss does not say which connections are open: ${why}`, {
      subject: SS_CONNECTIONS_ARGV.join(' '),
      hint: 'is iproute2 installed, and may this user enter the namespaces of HAProxy?',
    });
  }
  return [
    ...parseSs(stdout),
    ...unixSockets(pid).filter((socket) => socket.state === 'established'),
  ];
}

/** Synchronous as in processes.ts: the kernel answers from memory. */
async function inodesOf(pid: number): Promise<ReadonlySet<number>> {
  const folder = `/proc/${pid}/fd`;
  const inodes = names(folder).map((name) => SOCKET_LINK.exec(link(`${folder}/${name}`))?.[1]);
  return new Set(inodes.filter((inode) => inode !== undefined).map(Number));
}

const SOCKET_LINK = /^socket:\[(\d+)\]$/;

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function unixSockets(pid: number): readonly Socket[] {
  try {
    return parseUnix(readFileSync(`/proc/${pid}/net/unix`, 'utf8'));
  } catch {
    return [];
  }
}

/** One page, so that a busy host shows a connection, and with it the end, as early as it can. */
const CHUNK_BYTES = 4096;
const NOT_LISTENING = /^\s*\d+: \S+ \S+ (?!0A)/m;

/** The kernel prints listening sockets first (tcp_seq_start): stop at the first other one. */
function readListening(path: string): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return '';
  }
  try {
    const buffer = Buffer.alloc(CHUNK_BYTES);
    let text = '';
    for (;;) {
      const bytes = readSync(file, buffer, 0, CHUNK_BYTES, null);
      text += buffer.toString('latin1', 0, bytes);
      if (bytes === 0 || NOT_LISTENING.test(text)) return text;
    }
  } finally {
    closeSync(file);
  }
}
