import { isSpace, scanQuotedWord, type Expand } from './quoting.js';

/** One word of a line. Its position is the line's number and `column`. */
export interface Word {
  /** The bytes in the file, quotes and escapes included. */
  readonly raw: string;
  /** What HAProxy reads, environment variables left as they are written. */
  readonly value: string;
  /** In bytes, from 1. */
  readonly column: number;
  /** A variable inside it is expanded when HAProxy starts: the value here is not the final one. */
  readonly env: boolean;
}

export interface Fault {
  readonly reason: string;
  /** In bytes, from 1. */
  readonly column: number;
}

export interface Lexed {
  /** What HAProxy sees: empty for blank and comment lines. */
  readonly words: readonly Word[];
  /** Why HAProxy refuses to cut this line into words. */
  readonly fault: Fault | undefined;
}

const NUL = 0x00;
const CR = 0x0d;
const QUOTE = 0x22;
const HASH = 0x23;
const APOSTROPHE = 0x27;
const BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const NONE: readonly Word[] = [];
const STRAY_NUL = 'stray NUL character';

/**
 * Cuts one line (latin1, with or without its ending) into words, as parse_line() and readcfgfile()
 * of HAProxy 2.6 do. There is no line continuation: a backslash before the end is a backslash.
 * With `expand`, the words of a list `"${X[*]}"` all have the place of the one that is written.
 */
export function lexLine(text: string, expand?: Expand): Lexed {
  const end = text.endsWith('\n') ? text.length - 1 : text.length;
  let at = skipSpace(text, 0, end);
  // readcfgfile() takes a line that begins with "[" as a scope (of agents' files), not as words.
  if (at === end || text.charCodeAt(at) === BRACKET) return { words: NONE, fault: undefined };
  const words: Word[] = [];
  while (at < end && !endsLine(text.charCodeAt(at))) {
    const plainEnd = scanPlain(text, at, end);
    const raw = text.slice(at, plainEnd);
    if (plainEnd === end || endsWord(text.charCodeAt(plainEnd))) {
      words.push({ raw, value: raw, column: at + 1, env: false });
      at = plainEnd;
    } else {
      const scan = scanQuotedWord(text, at, end, expand);
      const word = { raw: text.slice(at, scan.at), column: at + 1 };
      for (const value of scan.before) words.push({ ...word, value, env: false });
      words.push({ ...word, value: scan.value, env: scan.env });
      if (scan.fault !== undefined) return { words, fault: scan.fault };
      at = scan.at;
    }
    // A CR straight after a word ends the line; after a space it is one more space (isspace()).
    if (text.charCodeAt(at) !== CR) at = skipSpace(text, at, end);
  }
  if (at < end && text.charCodeAt(at) === NUL) {
    return { words, fault: { reason: STRAY_NUL, column: at + 1 } };
  }
  // An empty first word hides the whole line: readcfgfile() looks at `!**args` only.
  return { words: words[0]?.raw !== '' && words[0]?.value === '' ? NONE : words, fault: undefined };
}

/** The value of the first word, undefined for a line without words: cheaper than all its words. */
export function firstWord(text: string): string | undefined {
  const at = skipSpace(text, 0, text.length);
  if (at === text.length || text.charCodeAt(at) === HASH) return undefined;
  const end = scanPlain(text, at, text.length);
  const plain = text.charCodeAt(at) !== BRACKET && end > at;
  if (plain && (end === text.length || endsWord(text.charCodeAt(end)))) return text.slice(at, end);
  return lexLine(text).words[0]?.value;
}

function skipSpace(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && isSpace(text.charCodeAt(at))) at += 1;
  return at;
}

/** The end of the run of bytes that mean themselves. */
function scanPlain(text: string, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (code === QUOTE || code === APOSTROPHE || code === BACKSLASH || endsWord(code)) break;
    at += 1;
  }
  return at;
}

function endsLine(code: number): boolean {
  return code === HASH || code === NUL || code === CR;
}

function endsWord(code: number): boolean {
  return isSpace(code) || code === HASH || code === NUL;
}
