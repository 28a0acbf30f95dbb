import { indexesMatching } from '../config/document.js';
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
/** Lines that may begin with such a word: most are told by their first byte. */
// oxlint-disable-next-line no-control-regex -- HAProxy may skip them
const MAY_DECIDE = /(?:^|\n)[\t ]*(?:[."'\\\0-\x08\v\f\x0e-\x1f]|\r(?!\n))/g;

export const NO_CONDITIONS: Conditions = { lines: [], ordinal: () => 0 };

export function conditionsOf(config: Config): Conditions {
  const lines: (Place & { readonly text: string })[] = [];
  const ordinals = new Map<string, number>();
  for (const document of config.documents) {
    for (const at of indexesMatching(document, MAY_DECIDE)) {
      const { text, number } = document.lineAt(at);
      if (!DECIDING.has(firstWord(text) ?? '')) continue;
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

/** Whether any line may do so. */
export function mayDecide({ documents }: Config): boolean {
  return documents.some(({ text }) => {
    MAY_DECIDE.lastIndex = 0;
    return MAY_DECIDE.test(text);
  });
}
