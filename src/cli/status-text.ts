import type { Generation, InstanceStatus } from '../reload/generations.js';
import type { Status } from '../reload/status.js';
import { flipText } from './status-flip-text.js';
import { ageText, clientsText, HALTED, headText, painted, rowText } from './status-rows.js';
import { paint, wrap } from './style.js';

/** What runs, service by service. Empty when nothing does. */
export function statusText(status: Status, columns: number, colour: boolean): string {
  const { flips, services, atMs } = status;
  const parts = [
    ...(flips ?? []).map((flip) => flipText(flip, atMs, columns, colour)),
    ...notFlipped(status).map(({ argv, mode, generations }) =>
      processesText(`${argv.join(' ')}  (${mode})`, generations, columns, colour),
    ),
    ...services.map(({ argv, service, generations }) =>
      processesText(`${argv.join(' ').trimEnd()}  (${service})`, generations, columns, colour),
    ),
  ];
  if (parts.length === 0) return '';
  return parts.join('\n') + remarks(status, columns, colour);
}

/** An HAProxy behind the map is shown with its doors. */
function notFlipped({ instances, flips }: Status): readonly InstanceStatus[] {
  const flipped = new Set((flips ?? []).flatMap((flip) => flip.instances.map(({ pid }) => pid)));
  return instances.filter(({ generations }) => !generations.some(({ pid }) => flipped.has(pid)));
}

function remarks(status: Status, columns: number, colour: boolean): string {
  const abandoned = status.abandonedRuns.map((runId) =>
    paint(
      'yellow',
      wrap(`nobody looks after run ${runId}: "hitless recover" does`, columns),
      colour,
    ),
  );
  const unread = status.flips === null ? [paint('dim', wrap(UNREAD, columns), colour)] : [];
  return [...abandoned, ...unread].map((line) => `${line}\n`).join('');
}

const UNREAD = 'only root may see what "hitless flip" has led elsewhere';

function processesText(
  title: string,
  generations: readonly Generation[],
  columns: number,
  colour: boolean,
): string {
  const lines = [
    wrap(title, columns),
    headText('WAITS FOR', columns),
    ...generations.map((generation) => generationLine(generation, columns, colour)),
  ];
  return `${lines.join('\n')}\n`;
}

function generationLine(generation: Generation, columns: number, colour: boolean): string {
  const { pid, state, ageMs, connections } = generation;
  const open = state === 'leading' ? '' : String(connections.length);
  const row = { pid: String(pid), state, age: ageText(ageMs), open, rest: waitsFor(generation) };
  return painted(generation, rowText(row, columns), colour);
}

function waitsFor({ state, halted, connections, retiredBy }: Generation): string {
  const parts = [
    ...(halted ? [HALTED] : []),
    ...(state === 'draining' || state === 'stopping' ? [clientsText(connections)] : []),
    ...(state === 'draining' && retiredBy?.abandoned === true ? ['nobody will stop it'] : []),
  ];
  return parts.join('; ');
}
