import type { ClientConnection, Generation, InstanceStatus } from '../reload/generations.js';
import { paint, wrap } from './style.js';

/** Connections named one by one; the rest is counted. */
const SHOWN = 3;

export function statusText(
  instances: readonly InstanceStatus[],
  columns: number,
  colour: boolean,
): string {
  return instances.map((instance) => instanceText(instance, columns, colour)).join('\n');
}

function instanceText(instance: InstanceStatus, columns: number, colour: boolean): string {
  const lines = [
    wrap(`${instance.argv.join(' ')}  (${instance.mode})`, columns),
    row('PID', 'STATE', 'AGE', 'OPEN', 'WAITS FOR', columns),
    ...instance.generations.map((generation) => generationLine(generation, columns, colour)),
    ...instance.abandonedRuns.map((runId) =>
      paint(
        'yellow',
        wrap(`nobody looks after run ${runId}: "hitless recover" does`, columns),
        colour,
      ),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function row(
  pid: string,
  state: string,
  howOld: string,
  open: string,
  rest: string,
  columns: number,
): string {
  const first = `${pid.padEnd(9)}${state.padEnd(10)}${howOld.padStart(8)}${open.padStart(7)}  `;
  return wrap(rest, columns, first).trimEnd();
}

function generationLine(generation: Generation, columns: number, colour: boolean): string {
  const { pid, state, ageMs, connections } = generation;
  const open = state === 'leading' ? '' : String(connections.length);
  const line = row(String(pid), state, age(ageMs), open, waitsFor(generation), columns);
  if (generation.halted) return paint('red', line, colour);
  return state === 'serving' ? paint('green', line, colour) : line;
}

function waitsFor(generation: Generation): string {
  const { state, halted, connections, retiredBy } = generation;
  const parts = [
    ...(halted ? ['it is stopped (SIGSTOP?) and does nothing'] : []),
    ...(state === 'draining' || state === 'stopping' ? [clients(connections)] : []),
    ...(state === 'draining' && retiredBy?.abandoned === true ? ['nobody will stop it'] : []),
  ];
  return parts.join('; ');
}

function clients(connections: readonly ClientConnection[]): string {
  if (connections.length === 0) return 'no client any more';
  const named = [...connections]
    .sort((a, b) => (b.idleMs ?? 0) - (a.idleMs ?? 0))
    .slice(0, SHOWN)
    .map(describe);
  const more = connections.length - named.length;
  return [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

function describe({ peer, local, unsentBytes, idleMs }: ClientConnection): string {
  const who = peer === '' ? `a client on ${local}` : peer;
  if (unsentBytes > 0) return `${who} (takes its answer slowly, ${unsentBytes} bytes left)`;
  return idleMs === null ? who : `${who} (idle ${age(idleMs)})`;
}

function age(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min`;
  return ms < 86_400_000 ? `${Math.floor(ms / 3_600_000)} h` : `${Math.floor(ms / 86_400_000)} d`;
}
