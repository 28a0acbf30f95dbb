import { refused, usage } from '../../error.js';
import { decode, encode, parseText, type Document } from './document.js';
import {
  changed,
  insertedAfter,
  removed,
  spliced,
  unchanged,
  type Edit,
  type LineEdit,
} from './edit-line.js';
import { quoteWord } from './quoting.js';
import { resolve, type Config, type Place } from './resolve.js';
import { wordsOf, type Section, type Statement } from './sections.js';
import { refuseUncertain } from './target.js';

export interface StatementRequest {
  readonly section: {
    readonly kind: string;
    /** Empty for sections without one, and for `defaults` that have none. */
    readonly name: string;
    /** Its header's place, where several have this name. */
    readonly at?: Place;
  };
  /** `maxconn`; with the second word for those that come in many: `timeout client`, `option x`. */
  readonly keyword: string;
  /** The words after the keyword, quoted where they have to be; null removes the statement. */
  readonly words: readonly string[] | null;
  /** Writes `no KEYWORD`. */
  readonly negated?: boolean;
  /** Makes a `global` or `defaults` section when there is none. */
  readonly create?: boolean;
}

/**
 * Sets one statement of a section: the last of that keyword gets new words, or a line is inserted
 * beside its relatives, or all of that keyword go. Every other byte stays.
 *
 * @throws HitlessError `usage`, `config-unknown-name`, `target-ambiguous`, `config-invalid`
 */
export function setStatement(documents: readonly Document[], request: StatementRequest): Edit {
  const keywords = request.keyword.trim().split(/\s+/).map(encode);
  const words = request.words?.map(encode) ?? null;
  refuseControl([...keywords, ...(words ?? [])]);
  const config = resolve(documents);
  const matches = (statement: Statement): boolean => begins(statement, keywords);
  const section = sectionFor(config, request.section, matches);
  if (section === undefined)
    return words === null ? unchanged(documents) : made(documents, request);
  refuseUncertain(config, section, matches);
  const own = section.statements.filter(matches);
  if (words === null) {
    if (own.length === 0) return unchanged(documents);
    return changed(
      documents,
      own.map(({ line }) => removed(line)),
    );
  }
  const text = words.map(quoteWord).join(' ');
  const no = request.negated === true;
  const last = own.at(-1);
  if (last === undefined) {
    const body = [...(no ? ['no'] : []), ...keywords, ...(text ? [text] : [])].join(' ');
    return changed(documents, [insertedStatement(config, section, body)]);
  }
  if (says(last, keywords.length, words, no)) return unchanged(documents);
  const edit = replacedStatement(last, keywords.length, text, no);
  return changed(documents, [edit]);
}

/** The same line with other words after its keywords; comment and spacing stay. */
export function replacedStatement(
  statement: Statement,
  keywords: number,
  text: string,
  negated?: boolean,
): LineEdit {
  const words = wordsOf(statement);
  const keyword = words[keywords - 1];
  const first = words[keywords];
  const last = words.at(-1);
  if (keyword === undefined || last === undefined) throw new TypeError('statement without words');
  const keywordEnd = keyword.column - 1 + keyword.raw.length;
  const from = first && text !== '' ? first.column - 1 : keywordEnd;
  const gap = first || text === '' ? '' : ' ';
  const span = { from, to: last.column - 1 + last.raw.length, text: gap + text };
  return spliced(statement.line, [span, ...modifierSplice(statement, negated)]);
}

/** A new line after the statement's relatives, else after `mode`, else after the header. */
export function insertedStatement(config: Config, section: Section, body: string): LineEdit {
  const [keyword] = body.split(' ');
  const own = section.statements.filter(({ condition }) => condition === 0);
  const near =
    own.findLast((statement) => statement.keyword === keyword) ??
    own.findLast((statement) => statement.keyword === 'mode');
  return insertedAfter(config, section, near?.line ?? section.header, body);
}

function refuseControl(words: readonly string[]): void {
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  if (words.some((word) => /[\u0000-\u001f\u007f]/.test(word))) {
    throw usage('a word for the configuration holds a control character');
  }
}

function begins(statement: Statement, keywords: readonly string[]): boolean {
  if (statement.keyword !== keywords[0]) return false;
  if (keywords.length === 1) return true;
  const words = wordsOf(statement);
  return keywords.every((keyword, at) => words[at]?.value === keyword);
}

function says(
  statement: Statement,
  keywords: number,
  wanted: readonly string[],
  negated: boolean,
): boolean {
  const words = wordsOf(statement).slice(keywords);
  if (statement.modifier !== (negated ? 'no' : '')) return false;
  return (
    words.length === wanted.length &&
    words.every(({ value, env }, at) => !env && value === wanted[at])
  );
}

function modifierSplice(
  { line, modifier }: Statement,
  negated: boolean | undefined,
): readonly { from: number; to: number; text: string }[] {
  if (negated === undefined || modifier === (negated ? 'no' : '')) return [];
  const at = /^\s*/.exec(line.text)?.[0].length ?? 0;
  const old = modifier === '' ? '' : (/^(?:no|default)\s+/.exec(line.text.slice(at))?.[0] ?? '');
  return [{ from: at, to: at + old.length, text: negated ? 'no ' : '' }];
}

/** Several `global` sections are one: the last with that keyword, else the first. */
function sectionFor(
  config: Config,
  { kind, name, at }: StatementRequest['section'],
  matches: (statement: Statement) => boolean,
): Section | undefined {
  const encoded = encode(name);
  const all = config.sections.filter(
    (section) =>
      section.kind === kind &&
      section.name === encoded &&
      (at === undefined || (section.file === at.file && section.header.number === at.line)),
  );
  if (kind === 'global')
    return all.findLast((section) => section.statements.some(matches)) ?? all[0];
  const [found, second] = all;
  if (found !== undefined && second !== undefined) {
    throw refused('target-ambiguous', `there are several sections "${titleOf(kind, name)}"`, {
      subject: all.map(({ file, header }) => `${file}:${header.number}`).join(' and '),
      hint: 'change the one that is meant in the file by hand',
    });
  }
  return found;
}

function made(documents: readonly Document[], request: StatementRequest): Edit {
  const { kind, name } = request.section;
  const [first, ...rest] = documents;
  if (request.create !== true || first === undefined || !CREATABLE.has(kind)) {
    throw refused('config-unknown-name', `there is no section "${titleOf(kind, name)}"`, {
      subject: documents.map(({ file }) => file).join(', '),
      hint: 'name a section that the configuration has',
    });
  }
  const no = request.negated === true ? 'no ' : '';
  const words = (request.words ?? []).map((word) => ` ${quoteWord(encode(word))}`).join('');
  const header = encode(titleOf(kind, name));
  const statement = `    ${no}${encode(request.keyword)}${words}`;
  const at = kind === 'global' ? 0 : firstProxyAt(first);
  const put = `${header}\n${statement}\n\n`;
  const text = first.textOf(0, at) + put + first.textOf(at, first.lineCount);
  const changes = [header, statement].map((after, index) => ({
    kind: 'inserted' as const,
    file: first.file,
    line: at + 1 + index,
    before: '',
    after: decode(after),
  }));
  return { kind: 'changed', documents: [parseText(first.file, text), ...rest], changes };
}

const CREATABLE: ReadonlySet<string> = new Set(['global', 'defaults']);

/** Defaults count for the proxies after them; before those, `global` comes first. */
function firstProxyAt(document: Document): number {
  const section = resolve([document]).sections.find(({ kind }) => kind !== 'global');
  return section === undefined ? document.lineCount : section.header.number - 1;
}

function titleOf(kind: string, name: string): string {
  return name === '' ? kind : `${kind} ${name}`;
}
