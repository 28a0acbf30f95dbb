import { endingOf, type Line } from './document.js';
import { lexLine } from './lexer.js';
import { isSpace } from './quoting.js';

/** `ignored`: bytes that HAProxy does not read, e.g. what follows a lone CR, or a scope line. */
export type TokenKind = 'word' | 'space' | 'comment' | 'ignored' | 'ending';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** In bytes, from 1. */
  readonly column: number;
}

/**
 * Every byte of the line in exactly one token, in order: their texts joined are the line.
 * Made on demand, as most lines of a large file are never looked at this closely.
 */
export function tokensOf(line: Line): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const push = (kind: TokenKind, end: number): void => {
    if (end > at) tokens.push({ kind, text: line.text.slice(at, end), column: at + 1 });
    at = Math.max(at, end);
  };
  for (const word of lexLine(line.text).words) {
    push('space', word.column - 1);
    push('word', word.column - 1 + word.raw.length);
  }
  const body = line.text.length - endingOf(line).length;
  push('space', spaceEnd(line.text, at, body));
  push(line.text[at] === '#' ? 'comment' : 'ignored', body);
  push('ending', line.text.length);
  return tokens;
}

function spaceEnd(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && isSpace(text.charCodeAt(at))) at += 1;
  return at;
}
