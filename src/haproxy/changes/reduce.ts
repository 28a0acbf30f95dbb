import type { Config } from '../config/resolve.js';
import { mayDecide } from './conditions.js';
import { isSamePart, partsOf, type Part } from './units.js';

export interface Reduced {
  readonly before: readonly Part[];
  readonly after: readonly Part[];
}

/**
 * Of two configurations with the same sections in the same order only those that differ, and all
 * that others rest upon: of a large file most sections need not be looked into. Undefined where
 * this cannot be told at first sight, or where conditional blocks decide.
 */
export function reduced(old: Config, now: Config): Reduced | undefined {
  const [before, after] = [partsOf(old), partsOf(now)];
  if (before.length !== after.length || decidesEarly(old) || decidesEarly(now)) return undefined;
  const kept: { before: Part[]; after: Part[] } = { before: [], after: [] };
  for (const [at, part] of before.entries()) {
    const other = after[at];
    if (other === undefined || !isSameHeader(part, other) || decides(part)) return undefined;
    const isSame = isSamePart(part, other);
    if (!isSame && decides(other)) return undefined;
    if (isSame && !SHARED.has(part.section.kind)) continue;
    kept.before.push(part);
    kept.after.push(other);
  }
  return kept;
}

/** Other sections rest upon these. */
const SHARED: ReadonlySet<string> = new Set(['global', 'defaults']);

function isSameHeader(a: Part, b: Part): boolean {
  return a.section.header.text === b.section.header.text;
}

function decides({ all, from, to }: Part): boolean {
  for (let at = from; at < to; at += 1) if (mayDecide(all[at]?.text ?? '')) return true;
  return false;
}

/** Before the first section of a file. */
function decidesEarly({ documents, sections }: Config): boolean {
  return documents.some(({ lines }) => {
    const first = sections.find(({ header }) => lines[header.number - 1] === header);
    const end = first === undefined ? lines.length : first.header.number - 1;
    return lines.slice(0, end).some(({ text }) => mayDecide(text));
  });
}
