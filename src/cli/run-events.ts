import type { RunEvent } from '../reload/runner.js';
import { definitionOf } from '../steps/registry.js';
import type { Io } from './command.js';
import { paint } from './style.js';

const MARKS = { begun: ' ', done: '✓', undone: '↩', failed: '✗' } as const;
const STYLES = { begun: 'dim', done: 'green', undone: 'yellow', failed: 'red' } as const;

/** One line a step on stderr, or NDJSON events on stdout. */
export function eventReporter(io: Io, ndjson: boolean): (event: RunEvent) => void {
  return (event) => {
    if (ndjson) io.stdout.write(`${JSON.stringify(toDocument(event))}\n`);
    else if (event.state !== 'begun') io.stderr.write(`${stepLine(event, io)}\n`);
  };
}

function stepLine(event: RunEvent, io: Io): string {
  const mark = paint(STYLES[event.state], MARKS[event.state], io.colour.stderr);
  const text = definitionOf(event.step).describe(event.step);
  // A failure is told whole, whatever the width; the mark takes two columns.
  if (event.state === 'failed') return `${mark} ${text}: ${event.why}`;
  return `${mark} ${shorten(text, io.columns - 2)}`;
}

function shorten(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

function toDocument(event: RunEvent): unknown {
  const atMs = Date.now();
  return { event: 'step', atMs, step: event.step.id, kind: event.step.kind, state: event.state };
}
