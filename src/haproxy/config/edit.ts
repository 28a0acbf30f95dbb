import { type Algorithm, parseAlgorithm } from './balance.js';
import {
  decode,
  encode,
  endingOf,
  parseText,
  printText,
  type Document,
  type Line,
} from './document.js';
import { backendNamed, refuseUncertain } from './target.js';
import { balanceIn, balanceOf, type InForce } from './proxy.js';
import { resolve, type Config, type Proxy } from './resolve.js';
import { wordsOf, type Section, type Statement } from './sections.js';

export interface BalanceRequest {
  /** Name of a backend or listen section. */
  readonly proxy: string;
  /** See parseAlgorithm. */
  readonly algorithm: string | readonly string[];
  /** What the installed HAProxy takes when no line says; DEFAULT_BALANCE when absent. */
  readonly defaultAlgorithm?: readonly string[];
}

/** The one line that differs, without its ending, as text for people. */
export interface Change {
  readonly kind: 'replaced' | 'inserted';
  readonly file: string;
  /** In the new file, from 1. */
  readonly line: number;
  /** Empty when the line is inserted. */
  readonly before: string;
  readonly after: string;
}

export type BalanceEdit =
  | {
      readonly kind: 'unchanged';
      readonly documents: readonly Document[];
      readonly inForce: InForce<readonly string[]>;
    }
  | {
      readonly kind: 'changed';
      readonly documents: readonly Document[];
      /** Before the change. */
      readonly inForce: InForce<readonly string[]>;
      readonly change: Change;
    };

/**
 * Sets the algorithm of one backend or listen section and keeps every other byte. A value that is
 * inherited gets a line in the section itself: defaults are shared, and are never changed.
 *
 * @throws HitlessError `usage`, `config-unknown-name`, `target-ambiguous` (two sections of that
 * name, or a conditional block that only HAProxy can decide)
 */
export function setBalance(documents: readonly Document[], request: BalanceRequest): BalanceEdit {
  const algorithm = parseAlgorithm(request.algorithm);
  const config = resolve(documents);
  const proxy = backendNamed(config, encode(request.proxy));
  refuseUncertain(config, proxy);
  const inForce = balanceOf(proxy, request.defaultAlgorithm);
  if (!inForce.conditional && isSame(inForce.value, algorithm, proxy)) {
    return { kind: 'unchanged', documents, inForce };
  }
  const own = lastOf(proxy.section, 'balance');
  const edited = own ? replaced(own, algorithm) : inserted(config, proxy, algorithm);
  return { kind: 'changed', inForce, ...applied(documents, proxy, edited) };
}

/** New text of one line of a file, which may become two lines. */
interface Edited {
  readonly line: Line;
  readonly text: string;
  readonly kind: Change['kind'];
  readonly before: string;
  readonly after: string;
}

function isSame(current: readonly string[], wanted: Algorithm, proxy: Proxy): boolean {
  const found = balanceIn(proxy);
  if (wanted.env || (found && wordsOf(found.statement).some(({ env }) => env))) return false;
  return current.length === wanted.values.length && current.every((w, i) => w === wanted.values[i]);
}

function lastOf(section: Section, keyword: string): Statement | undefined {
  return section.statements.findLast((statement) => statement.keyword === keyword);
}

function replaced(statement: Statement, algorithm: Algorithm): Edited {
  const { line } = statement;
  const words = wordsOf(statement);
  const [keyword, first] = words;
  const last = words.at(-1);
  if (keyword === undefined || last === undefined) throw new TypeError('statement without words');
  const from = first ? first.column - 1 : keyword.column - 1 + keyword.raw.length;
  const to = last.column - 1 + last.raw.length;
  const gap = first ? '' : ' ';
  const text = line.text.slice(0, from) + gap + algorithm.text + line.text.slice(to);
  return { line, text, kind: 'replaced', before: bodyOf(line.text), after: bodyOf(text) };
}

function inserted(config: Config, { section }: Proxy, algorithm: Algorithm): Edited {
  const line = section.statements.findLast(isOwnMode)?.line ?? section.header;
  const after = `${indentIn(config, section, line)}balance ${algorithm.text}`;
  const ending = endingOf(line);
  // A file that ends without a newline goes on doing so.
  const text = ending
    ? line.text + after + ending
    : line.text + fileEnding(config, section) + after;
  return { line, text, kind: 'inserted', before: '', after };
}

function isOwnMode({ keyword, condition }: Statement): boolean {
  return keyword === 'mode' && condition === 0;
}

const DEFAULT_INDENT = '    ';

/** The section's own, else that of the file's first statement in any section. */
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

function fileEnding(config: Config, section: Section): string {
  const document = config.documents.find(
    ({ lines }) => lines[section.header.number - 1] === section.header,
  );
  return (document?.lines[0] && endingOf(document.lines[0])) || '\n';
}

function bodyOf(text: string): string {
  return text.replace(/\r?\n$/, '');
}

function applied(
  documents: readonly Document[],
  { section }: Proxy,
  { line, text, kind, before, after }: Edited,
): { readonly documents: readonly Document[]; readonly change: Change } {
  const target = documents.findIndex(({ lines }) => lines[line.number - 1] === line);
  const number = kind === 'inserted' ? line.number + 1 : line.number;
  return {
    documents: documents.map((old, index) => (index === target ? withLine(old, line, text) : old)),
    change: {
      kind,
      file: section.file,
      line: number,
      before: decode(before),
      after: decode(after),
    },
  };
}

function withLine(document: Document, line: Line, text: string): Document {
  const lines = document.lines.map((old) => (old === line ? { ...old, text } : old));
  return parseText(document.file, printText({ ...document, lines }));
}
