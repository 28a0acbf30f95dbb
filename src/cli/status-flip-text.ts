import { doorText } from '../host/nft-flip.js';
import type { FlipDoorStatus, FlipInstance, FlipStatus } from '../reload/flip-status.js';
import { ageText, clientsText, HALTED, headText, painted, rowText } from './status-rows.js';
import { paint, wrap } from './style.js';

/** A service behind the map: its doors, who is behind them, and who is on its way out. */
export function flipText(
  flip: FlipStatus,
  nowMs: number,
  columns: number,
  colour: boolean,
): string {
  const lines = [
    wrap(`${flip.owner}  (flip)`, columns),
    ...doorLines(flip, columns, colour),
    ...(flip.instances.length === 0 ? [] : [headText('WAITS FOR', columns)]),
    ...flip.instances.map((instance) => instanceText(instance, nowMs, columns, colour)),
  ];
  return `${lines.join('\n')}\n`;
}

function doorLines(
  { owner, doors }: FlipStatus,
  columns: number,
  colour: boolean,
): readonly string[] {
  if (doors.length === 0) return ['no door leads to it any more'];
  const dead = doors.filter(({ pid }) => pid === null);
  return [
    ...doors.map((door) => {
      const line = wrap(doorLine(door), columns, '  ');
      return door.pid === null ? paint('red', line, colour) : line;
    }),
    ...(dead.length === 0 ? [] : [paint('yellow', wrap(remedy(owner, dead), columns), colour)]),
  ];
}

function doorLine(door: FlipDoorStatus): string {
  const behind =
    door.pid === null ? 'nobody listens there, and clients are refused' : `pid ${door.pid}`;
  return `${doorText(door)} -> port ${door.to}: ${behind}`;
}

/** By the words that every flip writes beside its doors. */
function remedy(owner: string, doors: readonly FlipDoorStatus[]): string {
  const [service = '', ...rest] = owner.split(' ');
  switch (service) {
    case 'haproxy': {
      const files = rest.map((path) => ` -f ${path}`).join('');
      return `"hitless flip --service haproxy${files}" starts another one there`;
    }
    case 'nginx':
    case 'apache':
      return `start ${service}, then "hitless flip --service ${service}" leads to a new instance`;
    default: {
      const ports = [...new Set(doors.map(({ port }) => port))];
      const words = ports.map((port) => ` --port ${port}`).join('');
      return `"hitless flip${words} -- PROGRAM {port}" starts another one there`;
    }
  }
}

function instanceText(
  instance: FlipInstance,
  nowMs: number,
  columns: number,
  colour: boolean,
): string {
  const { pid, state, argv, ageMs, connections } = instance;
  const row = rowText(
    {
      pid: String(pid),
      state,
      age: ageText(ageMs),
      open: String(connections.length),
      rest: restOf(instance, nowMs),
    },
    columns,
  );
  const command = wrap(argv.join(' ').trimEnd(), columns, '  ');
  return painted(instance, `${row}\n${command}`, colour);
}

function restOf(instance: FlipInstance, nowMs: number): string {
  const parts = [
    ...(instance.halted ? [HALTED] : []),
    ...(instance.state === 'serving'
      ? []
      : [clientsText(instance.connections), ends(instance, nowMs)]),
  ];
  return parts.join('; ');
}

/** When it will be told to finish, and who sees to that. */
function ends(instance: FlipInstance, nowMs: number): string {
  const { waitsFor, untilMs, drainTimeoutMs, retiredBy } = instance;
  if (waitsFor === 'end') {
    const told = 'told to finish: it ends with its last client';
    return retiredBy === null ? told : `${told} (${who(instance)})`;
  }
  if (untilMs === null) return `nobody will tell it to finish (${who(instance)})`;
  const left = ageText(Math.max(0, untilMs - nowMs));
  const clients = drainTimeoutMs ?? 0;
  const then =
    clients > 0
      ? `then keeps its clients for ${ageText(clients)} at most`
      : 'then is told to finish';
  const what =
    waitsFor === 'handshakes'
      ? `takes what is on its way for ${left} at most, ${then}`
      : `will be told to finish in ${left} at the latest`;
  return `${what} (${who(instance)})`;
}

function who({ retiredBy }: FlipInstance): string {
  if (retiredBy === null) return 'its run has ended';
  const { runId, watcherPid } = retiredBy;
  return watcherPid === null ? `run ${runId}` : `run ${runId}, pid ${watcherPid} sees to it`;
}
