import { firstWord } from '../config/lexer.js';
import type { Config, Place } from '../config/resolve.js';
import { meaningOf } from './units.js';

/** The lines that decide which others count. */
export interface Conditions {
  readonly lines: readonly (Place & { readonly text: string })[];
  /** The place of a line of these in their order, from 1; 0 for line 0 (always). */
  readonly ordinal: (file: string, line: number) => number;
}

const DECIDING: ReadonlySet<string> = new Set(['.if', '.elif', '.else', '.endif']);
const FEED = 0x0a;
const RETURN = 0x0d;
const DOT = 0x2e;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const BACKSLASH = 0x5c;

export const NO_CONDITIONS: Conditions = { lines: [], ordinal: () => 0 };

export function conditionsOf(config: Config): Conditions {
  const lines: (Place & { readonly text: string })[] = [];
  const ordinals = new Map<string, number>();
  for (const document of config.documents) {
    for (const { text, number } of document.lines) {
      if (!mayDecide(text) || !DECIDING.has(firstWord(text) ?? '')) continue;
      lines.push({ file: document.file, line: number, text });
      ordinals.set(`${document.file}:${number}`, lines.length);
    }
  }
  return { lines, ordinal: (file, line) => ordinals.get(`${file}:${line}`) ?? 0 };
}

/** The first line that differs, as an index; undefined when both decide alike, in the same order. */
export function firstDifference(before: Conditions, after: Conditions): number | undefined {
  const count = Math.max(before.lines.length, after.lines.length);
  for (let at = 0; at < count; at += 1) {
    const a = before.lines[at];
    const b = after.lines[at];
    if (a === undefined || b === undefined || meaningOf(a.text) !== meaningOf(b.text)) return at;
  }
  return undefined;
}

/** Most lines are told by their first byte. */
export function mayDecide(text: string): boolean {
  let at = 0;
  while (text.charCodeAt(at) === 0x20 || text.charCodeAt(at) === 0x09) at += 1;
  const first = text.charCodeAt(at);
  if (first === FEED || (first === RETURN && text.charCodeAt(at + 1) === FEED)) return false;
  return (
    first === DOT || first === QUOTE || first === APOSTROPHE || first === BACKSLASH || first < 0x20
  );
}
