import type { Fault } from './lexer.js';

/** What a variable (without braces) stands for: null where it is not set, undefined if not known. */
export type Expand = (name: string) => string | null | undefined;

/** A word being read: `at` moves on, `value` and `env` grow, `fault` stops it. */
interface Scan {
  readonly text: string;
  readonly end: number;
  readonly expand: Expand | undefined;
  /** Words before `value` that a list `${X[*]}` has been cut into. */
  readonly before: string[];
  at: number;
  value: string;
  env: boolean;
  fault: Fault | undefined;
}

/**
 * Reads one word with quotes or escapes, the way parse_line() of HAProxy 2.6 (src/tools.c) does,
 * which differs from the manual's table: `\$` outside of quotes keeps its backslash, and so does
 * a backslash before a tab.
 */
export function scanQuotedWord(
  text: string,
  from: number,
  end: number,
  expand?: Expand,
): Readonly<Scan> {
  const start = { at: from, value: '', env: false, fault: undefined };
  const scan: Scan = { text, end, expand, before: [], ...start };
  let quote = '';
  let opened = 0;
  while (scan.at < end && scan.fault === undefined) {
    const char = text.charAt(scan.at);
    if (char === '\0' || char === '\r') break;
    if (quote === '' && (char === '#' || isSpace(text.charCodeAt(scan.at)))) break;
    if (char === quote || (quote === '' && (char === '"' || char === "'"))) {
      quote = quote === '' ? char : '';
      opened = scan.at;
      scan.at += 1;
    } else if (char === '\\' && quote !== "'") scanEscape(scan, quote === '"');
    else if (char === '$' && quote === '"') scanVariable(scan);
    else take(scan, char, 1);
  }
  if (quote !== '' && scan.fault === undefined) fail(scan, 'unmatched quote', opened);
  return scan;
}

/**
 * Writes a word so that HAProxy reads exactly `value` (latin1, without CR, LF and NUL), anywhere
 * but at the beginning of a line, where "[" means something else.
 */
export function quoteWord(value: string): string {
  if (/^[^\s"'\\#]+$/.test(value)) return value;
  // Nothing at all is interpreted inside strong quotes, but an apostrophe cannot be written there.
  if (!value.includes("'")) return `'${value}'`;
  return `"${value.replace(/["\\$]/g, '\\$&')}"`;
}

/** C's isspace() in the "C" locale. */
export function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

const CONTROL: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r' };

function scanEscape(scan: Scan, weak: boolean): void {
  const next = scan.text.charAt(scan.at + 1);
  if (scan.at + 1 < scan.end) {
    const control = CONTROL[next];
    if (control !== undefined) return take(scan, control, 2);
    if (next === 'x') return scanHex(scan);
    if (' \\#\'"'.includes(next) || (next === '$' && weak)) return take(scan, next, 2);
  }
  take(scan, '\\', 1);
}

function scanHex(scan: Scan): void {
  const digits = scan.text.slice(scan.at + 2, Math.min(scan.at + 4, scan.end));
  if (!/^[0-9a-f]{2}$/i.test(digits)) {
    return fail(scan, 'truncated or invalid hexadecimal sequence', scan.at);
  }
  take(scan, String.fromCharCode(Number.parseInt(digits, 16)), 4);
}

// A default value runs to the brace, whatever it holds; "[*]" splits the value into words.
const VARIABLE = /\$(?:\{(?:[A-Za-z_]\w*|\.\w*)(?:\[\*\])?(?:-[^}\r\n\0]*)?\}|[A-Za-z_]\w*|\.\w*)/y;

function scanVariable(scan: Scan): void {
  VARIABLE.lastIndex = scan.at;
  const match = VARIABLE.exec(scan.text)?.[0];
  if (match === undefined) return fail(scan, 'malformed environment variable', scan.at);
  const value = scan.expand && valueOf(match, scan.expand);
  if (value === undefined) {
    scan.env = true;
    return take(scan, match, match.length);
  }
  const [first = '', ...more] = match.includes('[*]') ? value.split(SPACES) : [value];
  take(scan, first, match.length);
  for (const word of more) {
    scan.before.push(scan.value);
    scan.value = word;
  }
}

const SPACES = /[ \t-\r]+/;

/** Undefined: only HAProxy knows. */
function valueOf(match: string, expand: Expand): string | undefined {
  const name = /[.\w]+/.exec(match)?.[0] ?? '';
  const value = expand(name);
  if (value !== null) return value;
  const initial = /^\$\{[.\w]+(?:\[\*\])?-(.*)\}$/s.exec(match);
  return initial?.[1] ?? '';
}

function take(scan: Scan, value: string, length: number): void {
  scan.value += value;
  scan.at += length;
}

function fail(scan: Scan, reason: string, at: number): void {
  scan.fault = { reason, column: at + 1 };
}
