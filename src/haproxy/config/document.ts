/**
 * A configuration file, kept byte for byte: a "latin1" string holds one byte per character, so that
 * any bytes survive and a column counts bytes. `decode` turns a part of it into text for people.
 */
export interface Document {
  /** Path as the user named it. */
  readonly file: string;
  readonly lines: readonly Line[];
}

export interface Line {
  /** From 1. */
  readonly number: number;
  /** All bytes of the line, its ending included. */
  readonly text: string;
}

/**
 * Cuts the text of a file (latin1) into lines; never fails. Lines are cut into words (`lexLine`)
 * only where somebody looks, so that a file of 100,000 lines costs little.
 */
export function parseText(file: string, text: string): Document {
  const lines: Line[] = [];
  for (let start = 0; start < text.length; ) {
    const feed = text.indexOf('\n', start);
    const end = feed === -1 ? text.length : feed + 1;
    lines.push({ number: lines.length + 1, text: text.slice(start, end) });
    start = end;
  }
  return { file, lines };
}

export function parse(file: string, bytes: Uint8Array): Document {
  return parseText(
    file,
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'),
  );
}

/** The text of the file (latin1): the lines one after the other. */
export function printText(document: Document): string {
  return document.lines.map((line) => line.text).join('');
}

/** The file, byte for byte as it was parsed. */
export function print(document: Document): Buffer {
  return Buffer.from(printText(document), 'latin1');
}

/** A part of a document (latin1) as text for people. Bytes that are not UTF-8 become U+FFFD. */
export function decode(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}

/** Text from a command line as the bytes it has in a file (latin1). */
export function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** `\n`, `\r\n`, or nothing when the file ends without one. */
export function endingOf(line: Line): string {
  if (!line.text.endsWith('\n')) return '';
  return line.text.endsWith('\r\n') ? '\r\n' : '\n';
}
