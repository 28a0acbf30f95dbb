/**
 * A configuration file, kept byte for byte: a "latin1" string holds one byte per character, so that
 * any bytes survive and a column counts bytes. `decode` turns a part of it into text for people.
 */
export interface Document {
  /** Path as the user named it. */
  readonly file: string;
  /** Every byte of it. */
  readonly text: string;
  readonly lineCount: number;
  /** All of them; the same objects that `lineAt` gives. */
  readonly lines: readonly Line[];
  /**
   * The same object each time.
   * @param index from 0
   * @throws RangeError where there is no such line
   */
  lineAt(index: number): Line;
  /** Whether it is one of these: this very object, not one that is like it. */
  holds(line: Line): boolean;
  /** The index of the line in which the byte at this offset lies. */
  indexAt(offset: number): number;
  /** The bytes of the lines from index `from` to before `to`. */
  textOf(from: number, to: number): string;
}

export interface Line {
  /** From 1. */
  readonly number: number;
  /** All bytes of the line, its ending included. */
  readonly text: string;
}

/**
 * Takes the text of a file (latin1); never fails. Where its lines begin, the lines, and the words
 * in them (`lexLine`) are found only where somebody looks: of 100,000 lines most never are.
 */
export function parseText(file: string, text: string): Document {
  return new LazyDocument(file, text);
}

/** A document of just these lines, numbered in order: each but the last ends with a newline. */
export function documentOf(file: string, lines: readonly Line[]): Document {
  return new LazyDocument(file, lines.map(({ text }) => text).join(''), lines);
}

export function parse(file: string, bytes: Uint8Array): Document {
  return parseText(
    file,
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'),
  );
}

/** The text of the file (latin1). */
export function printText({ text }: Document): string {
  return text;
}

/** The file, byte for byte as it was parsed. */
export function print({ text }: Document): Buffer {
  return Buffer.from(text, 'latin1');
}

/**
 * The indexes of the lines in which a pattern matches, in order; one with several matches comes as
 * often. The pattern is global, and a match ends before the `\n` of its line.
 */
export function indexesMatching(document: Document, pattern: RegExp): readonly number[] {
  const indexes: number[] = [];
  pattern.lastIndex = 0;
  while (pattern.test(document.text)) indexes.push(document.indexAt(pattern.lastIndex - 1));
  return indexes;
}

/** From index `from` to before `to`. */
export function linesBetween(document: Document, from: number, to: number): readonly Line[] {
  return Array.from({ length: to - from }, (_, at) => document.lineAt(from + at));
}

/** A part of a document (latin1) as text for people. Bytes that are not UTF-8 become U+FFFD. */
export function decode(latin1: string): string {
  return ASCII.test(latin1) ? latin1 : Buffer.from(latin1, 'latin1').toString('utf8');
}

const ASCII = /^[\0-\x7f]*$/;

/** Text from a command line as the bytes it has in a file (latin1). */
export function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** `\n`, `\r\n`, or nothing when the file ends without one. */
export function endingOf(line: Line): string {
  if (!line.text.endsWith('\n')) return '';
  return line.text.endsWith('\r\n') ? '\r\n' : '\n';
}

class LazyDocument implements Document {
  readonly file: string;
  readonly text: string;
  readonly #made = new Map<number, Line>();
  #starts: Uint32Array | undefined;
  #lines: readonly Line[] | undefined;

  constructor(file: string, text: string, lines?: readonly Line[]) {
    this.file = file;
    this.text = text;
    this.#lines = lines;
  }

  get lineCount(): number {
    return this.#bounds().length - 1;
  }

  get lines(): readonly Line[] {
    this.#lines ??= Array.from(
      { length: this.lineCount },
      (_, at) => this.#made.get(at) ?? this.#line(at),
    );
    return this.#lines;
  }

  lineAt(index: number): Line {
    const known = this.#known(index);
    if (known !== undefined) return known;
    const line = this.#line(index);
    this.#made.set(index, line);
    return line;
  }

  holds(line: Line): boolean {
    return this.#known(line.number - 1) === line;
  }

  indexAt(offset: number): number {
    const starts = this.#bounds();
    let [low, high] = [0, starts.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low;
  }

  textOf(from: number, to: number): string {
    const starts = this.#bounds();
    return this.text.slice(starts[from], starts[to]);
  }

  /** One that was given out: it stays the same object, as edits know lines by that. */
  #known(index: number): Line | undefined {
    return this.#lines === undefined ? this.#made.get(index) : this.#lines[index];
  }

  #line(index: number): Line {
    if (index < 0 || index >= this.lineCount) throw new RangeError(`no line ${index + 1}`);
    return { number: index + 1, text: this.textOf(index, index + 1) };
  }

  /** Where each line begins, and where the last one ends. */
  #bounds(): Uint32Array {
    this.#starts ??= boundsOf(this.text);
    return this.#starts;
  }
}

/** Numbers outside of the heap: 100,000 in an array that grows keep the garbage collector busy. */
const BOUNDS_AT_FIRST = 1024;

function boundsOf(text: string): Uint32Array {
  let bounds = new Uint32Array(BOUNDS_AT_FIRST);
  let count = 1;
  const add = (end: number): void => {
    if (count === bounds.length) bounds = grown(bounds);
    bounds[count] = end;
    count += 1;
  };
  FEED.lastIndex = 0;
  while (FEED.test(text)) add(FEED.lastIndex);
  if (text !== '' && !text.endsWith('\n')) add(text.length);
  return bounds.subarray(0, count);
}

const FEED = /\n/g;

function grown(bounds: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(bounds.length * 2);
  larger.set(bounds);
  return larger;
}
