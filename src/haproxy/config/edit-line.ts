import { decode, documentOf, endingOf, type Document, type Line } from './document.js';
import { lexLine } from './lexer.js';
import type { Config } from './resolve.js';
import type { Section, Statement } from './sections.js';

/** One line that differs, without its ending, as text for people. */
export interface Change {
  readonly kind: 'replaced' | 'inserted' | 'removed';
  readonly file: string;
  /** In the new file, from 1; of a line that is removed, where it stood. */
  readonly line: number;
  /** Empty when the line is inserted. */
  readonly before: string;
  /** Empty when the line is removed. */
  readonly after: string;
}

/** What an edit gives: new documents, and the lines in which they differ. */
export interface Edit {
  readonly kind: 'unchanged' | 'changed';
  readonly documents: readonly Document[];
  readonly changes: readonly Change[];
}

/** New text in place of one line of a file; empty: the line goes, two lines: one is inserted. */
export interface LineEdit {
  readonly line: Line;
  readonly text: string;
  readonly kind: Change['kind'];
  readonly before: string;
  readonly after: string;
}

/** A part of a line (offsets in bytes, from 0) and what stands there instead. */
export interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

export function unchanged(documents: readonly Document[]): Edit {
  return { kind: 'unchanged', documents, changes: [] };
}

export function changed(documents: readonly Document[], edits: readonly LineEdit[]): Edit {
  let edited = documents;
  const changes: Change[] = [];
  // From the end, so that the numbers of the lines before it still hold.
  for (const edit of edits.toReversed()) {
    const at = edited.findIndex((document) => document.holds(edit.line));
    const document = edited[at];
    if (document === undefined) throw new TypeError('the line is in none of the documents');
    edited = edited.with(at, withLine(document, edit.line, edit.text));
    const line = edit.kind === 'inserted' ? edit.line.number + 1 : edit.line.number;
    changes.unshift({
      kind: edit.kind,
      file: document.file,
      line,
      before: decode(edit.before),
      after: decode(edit.after),
    });
  }
  return { kind: 'changed', documents: edited, changes };
}

export function spliced(line: Line, splices: readonly Splice[]): LineEdit {
  const ordered = splices.toSorted((a, b) => b.from - a.from);
  let { text } = line;
  for (const { from, to, text: put } of ordered) text = text.slice(0, from) + put + text.slice(to);
  return { line, text, kind: 'replaced', before: bodyOf(line.text), after: bodyOf(text) };
}

/** `body`, indented, as a line of its own after `line`. */
export function insertedAfter(
  config: Config,
  section: Section,
  line: Line,
  body: string,
): LineEdit {
  const after = indentIn(config, section, line) + body;
  const ending = endingOf(line);
  // A file that ends without a newline goes on doing so.
  const text = ending ? line.text + after + ending : line.text + fileEnding(section) + after;
  return { line, text, kind: 'inserted', before: '', after };
}

export function removed(line: Line): LineEdit {
  return { line, text: '', kind: 'removed', before: bodyOf(line.text), after: '' };
}

/** Where the words of a statement end, before spaces and a comment. */
export function wordsEnd({ line }: Statement): number {
  const last = lexLine(line.text).words.at(-1);
  return last === undefined ? 0 : last.column - 1 + last.raw.length;
}

const DEFAULT_INDENT = '    ';

/** The neighbour's; after the header the section's own, else that of the file's first statement. */
function indentIn(config: Config, section: Section, near: Line): string {
  if (near !== section.header) return indentOf(near);
  const own = section.statements.find(({ condition }) => condition === 0);
  if (own !== undefined) return indentOf(own.line);
  const sections = config.sections.filter(({ file }) => file === section.file);
  const sample = sections.find(({ statements }) => statements.length > 0)?.statements[0];
  return sample === undefined ? DEFAULT_INDENT : indentOf(sample.line);
}

function indentOf(line: Line): string {
  return /^[ \t]*/.exec(line.text)?.[0] ?? '';
}

function fileEnding({ document }: Section): string {
  return endingOf(document.lineAt(0)) || '\n';
}

function bodyOf(text: string): string {
  return text.replace(/\r?\n$/, '');
}

/** All lines but one stay as they are; those after it are numbered anew. */
function withLine(document: Document, line: Line, text: string): Document {
  const at = line.number - 1;
  const cut = text === '' ? [] : (text.match(/[^\n]*\n|[^\n]+$/g) ?? []);
  const put = cut.map((one, index) => ({ number: line.number + index, text: one }));
  const moved = cut.length - 1;
  const rest = document.lines.slice(at + 1);
  const after =
    moved === 0 ? rest : rest.map((old) => ({ number: old.number + moved, text: old.text }));
  return documentOf(document.file, [...document.lines.slice(0, at), ...put, ...after]);
}
