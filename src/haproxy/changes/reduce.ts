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
  if (mayDecide(old) || mayDecide(now)) return undefined;
  const [before, after] = [partsOf(old), partsOf(now)];
  if (before.length !== after.length) return undefined;
  const kept: { before: Part[]; after: Part[] } = { before: [], after: [] };
  for (const [at, part] of before.entries()) {
    const other = after[at];
    if (other === undefined || !isSameHeader(part, other)) return undefined;
    if (!SHARED.has(part.section.kind) && isSamePart(part, other)) continue;
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
