import type { ClientConnection } from '../reload/generations.js';
import { paint, wrap } from './style.js';

/** One line of a table of processes; `open` is empty for one that has no clients of its own. */
export interface Row {
  readonly pid: string;
  readonly state: string;
  readonly age: string;
  readonly open: string;
  readonly rest: string;
}

export function rowText({ pid, state, age, open, rest }: Row, columns: number): string {
  const first = `${pid.padEnd(9)}${state.padEnd(10)}${age.padStart(8)}${open.padStart(7)}  `;
  return wrap(rest, columns, first).trimEnd();
}

export function headText(rest: string, columns: number): string {
  return rowText({ pid: 'PID', state: 'STATE', age: 'AGE', open: 'OPEN', rest }, columns);
}

export const HALTED = 'it is stopped (SIGSTOP?) and does nothing';

/** Whoever stands still is red, whoever serves green. */
export function painted(
  { state, halted }: { readonly state: string; readonly halted: boolean },
  text: string,
  colour: boolean,
): string {
  if (halted) return paint('red', text, colour);
  return state === 'serving' ? paint('green', text, colour) : text;
}

/** Connections named one by one; the rest is counted. */
const SHOWN = 3;

export function clientsText(connections: readonly ClientConnection[]): string {
  if (connections.length === 0) return 'no client any more';
  const named = [...connections]
    .sort((a, b) => (b.idleMs ?? 0) - (a.idleMs ?? 0))
    .slice(0, SHOWN)
    .map(describe);
  const more = connections.length - named.length;
  return [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

function describe({ peer, local, unsentBytes, idleMs }: ClientConnection): string {
  const who = peer === '' ? `a client on ${local}` : peer.replace(IPV4_MAPPED, '$1');
  if (unsentBytes > 0) return `${who} (takes its answer slowly, ${unsentBytes} bytes left)`;
  return idleMs === null ? who : `${who} (idle ${ageText(idleMs)})`;
}

/** A client over IPv4 of a socket that takes both. */
const IPV4_MAPPED = /^\[::ffff:(\d+(?:\.\d+){3})\]/;

export function ageText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min`;
  return ms < 86_400_000 ? `${Math.floor(ms / 3_600_000)} h` : `${Math.floor(ms / 86_400_000)} d`;
}
