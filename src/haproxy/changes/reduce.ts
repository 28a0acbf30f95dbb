import type { Config } from '../config/resolve.js';
import type { Section } from '../config/sections.js';
import { mayDecide } from './conditions.js';
import { isSameSection } from './units.js';

export interface Reduced {
  readonly before: readonly Section[];
  readonly after: readonly Section[];
}

/**
 * Of two configurations with the same sections in the same order only those that differ, and all
 * that others rest upon: of a large file most sections need not be looked into. Undefined where
 * this cannot be told at first sight, or where conditional blocks decide.
 */
export function reduced(old: Config, now: Config): Reduced | undefined {
  if (old.sections.length !== now.sections.length) return undefined;
  if (mayDecide(old) || mayDecide(now)) return undefined;
  const [before, after]: [Section[], Section[]] = [[], []];
  for (const [at, section] of old.sections.entries()) {
    const other = now.sections[at];
    if (other === undefined) return undefined;
    if (isSameSection(section, other) && !SHARED.has(section.kind)) continue;
    if (section.header.text !== other.header.text) return undefined;
    before.push(section);
    after.push(other);
  }
  return { before, after };
}

/** Other sections rest upon these. */
const SHARED: ReadonlySet<string> = new Set(['global', 'defaults']);
