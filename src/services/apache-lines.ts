/**
 * Apache's configuration syntax, lossless: directives with the place of every word in the text
 * (configuring.html; util.c, `ap_getword_conf`). Pure.
 */
export interface Directive {
  /** `Listen`, or `<VirtualHost` for the opening and `</VirtualHost` for the closing of a section. */
  readonly name: string;
  readonly words: readonly Word[];
  readonly start: number;
  /** Before the line break that ends it. */
  readonly end: number;
}

export interface Word {
  /** Without quotes; `${NAME}` as it is written. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** A line ends at a line break that no backslash precedes. */
const LINE = /(?:[^\n\\]|\\(?:\r?\n)|\\)*(?:\n|$)/y;

export function directivesOf(text: string): readonly Directive[] {
  const directives: Directive[] = [];
  LINE.lastIndex = 0;
  while (LINE.lastIndex < text.length) {
    const start = LINE.lastIndex;
    const line = LINE.exec(text)?.[0] ?? '';
    if (line === '') break;
    const directive = directiveAt(text, start, start + line.trimEnd().length);
    if (directive !== undefined) directives.push(directive);
  }
  return directives;
}

function directiveAt(text: string, lineStart: number, end: number): Directive | undefined {
  const start = skipBlanks(text, lineStart, end);
  if (start >= end || text[start] === '#') return undefined;
  const head = /^<?\/?[^\s>]*/.exec(text.slice(start, end))?.[0] ?? '';
  const section = head.startsWith('<') && text[end - 1] === '>';
  const words: Word[] = [];
  const wordsEnd = section ? end - 1 : end;
  let at = skipBlanks(text, start + Math.max(1, head.length), wordsEnd);
  while (at < wordsEnd) {
    const word = wordAt(text, at, wordsEnd);
    words.push(word);
    at = skipBlanks(text, word.end, wordsEnd);
  }
  return { name: head, words, start, end };
}

function skipBlanks(text: string, start: number, end: number): number {
  let at = start;
  while (at < end) {
    if (text[at] === '\\' && /^\\\r?\n/.test(text.slice(at, at + 3))) {
      at += text[at + 1] === '\r' ? 3 : 2;
    } else if (/\s/.test(text[at] ?? '')) at += 1;
    else break;
  }
  return at;
}

function wordAt(text: string, start: number, end: number): Word {
  const quote = text[start];
  if (quote === '"' || quote === "'") {
    let at = start + 1;
    while (at < end && text[at] !== quote) at += text[at] === '\\' && at + 1 < end ? 2 : 1;
    const raw = text.slice(start + 1, at);
    return { text: raw.replaceAll(`\\${quote}`, quote), start, end: Math.min(at + 1, end) };
  }
  let at = start;
  while (at < end && !/\s/.test(text[at] ?? '') && !/^\\\r?\n/.test(text.slice(at, at + 3)))
    at += 1;
  return { text: text.slice(start, at), start, end: at };
}
