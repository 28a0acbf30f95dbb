import type { Diagnostic } from './diagnostic.js';
import { decode, type Document, type Line } from './document.js';
import type { EvaluatedConfig } from './evaluate.js';
import { firstWord, lexLine, type Word } from './lexer.js';
import { nearest } from './nearest.js';
import type { Config } from './resolve.js';
import { SECTION_KEYWORDS, wordsOf, type Section } from './sections.js';

export type { Diagnostic } from './diagnostic.js';

/**
 * What is wrong with a configuration as far as it can be told without HAProxy, in the order of
 * files and lines. Never throws. It knows no keywords: `haproxy -c` has the last word.
 */
export function diagnose(config: Config | EvaluatedConfig): readonly Diagnostic[] {
  const found = [
    ...config.documents.flatMap(linesOf),
    ...sectionFaults(config.sections),
    ...unknownDefaults(config.sections),
    ...duplicates(config.sections),
    ...('undecided' in config ? [...config.undecided, ...config.invalid] : []),
  ];
  const order = new Map(config.documents.map(({ file }, at) => [file, at]));
  const rank = ({ file }: Diagnostic): number => order.get(file) ?? 0;
  return found.toSorted((a, b) => rank(a) - rank(b) || a.line - b.line || a.column - b.column);
}

/** MAX_LINE_ARGS of HAProxy. */
const WORDS_LIMIT = 64;
/** MAXNESTEDCONDS of HAProxy. */
const NESTING_LIMIT = 1024;

/** What can be said of lines one after the other: their words, and how conditional blocks nest. */
function linesOf(document: Document): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const add = (
    line: Line,
    column: number,
    message: string,
    severity: 'error' | 'warning' = 'error',
  ) => found.push({ severity, file: document.file, line: line.number, column, message });
  const open: { readonly line: Line; hasElse: boolean }[] = [];
  let before = true;
  for (const line of document.lines) {
    const { text } = line;
    if (SUSPECT.test(text) || text.length > 2 * WORDS_LIMIT) {
      const { words, fault } = lexLine(text);
      if (fault !== undefined) {
        add(line, fault.column, fault.reason);
        continue;
      }
      const extra = beyondLimit(text, words);
      if (extra !== undefined) add(line, extra, `more than ${WORDS_LIMIT} words`);
    }
    const keyword = firstWord(text);
    if (keyword === undefined || keyword === '') continue;
    if (keyword.startsWith('.')) macro(line, lexLine(text).words, open, add);
    else if (SECTION_KEYWORDS.has(keyword)) before = false;
    else if (before && open.length === 0) add(line, columnOf(text), outOfSection(keyword));
  }
  for (const { line } of open) add(line, columnOf(line.text), 'this ".if" has no ".endif"');
  const last = document.lines.at(-1);
  if (last !== undefined && !last.text.endsWith('\n')) {
    add(last, last.text.length + 1, 'the last line has no line end: the file may be cut off');
  }
  return found;
}

/** Where the words are too many; a space after the last that fits begins one more for HAProxy. */
function beyondLimit(text: string, words: readonly Word[]): number | undefined {
  const last = words[WORDS_LIMIT - 1];
  if (last === undefined) return undefined;
  const end = last.column - 1 + last.raw.length;
  return /^[\t\v\f ]/.test(text.slice(end, end + 1)) ? end + 1 : words[WORDS_LIMIT]?.column;
}

/** Only such bytes can spoil a line. */
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const SUSPECT = /["'\\\u0000]/;

type Add = (line: Line, column: number, message: string, severity?: 'error' | 'warning') => void;

function macro(
  line: Line,
  words: readonly Word[],
  open: { readonly line: Line; hasElse: boolean }[],
  add: Add,
): void {
  const [first, second, third] = words;
  if (first === undefined) return;
  const block = open.at(-1);
  const { value: name, column } = first;
  switch (name) {
    case '.if':
      open.push({ line, hasElse: false });
      if (open.length === NESTING_LIMIT) add(line, column, 'too many nested ".if"');
      return;
    case '.elif':
    case '.else':
      if (block === undefined) add(line, column, `"${name}" without ".if"`);
      else if (block.hasElse) add(line, column, `"${name}" after ".else"`);
      else if (name === '.else') block.hasElse = true;
      break;
    case '.endif':
      if (block === undefined) add(line, column, '".endif" without ".if"');
      open.pop();
      break;
    default:
      if (!MESSAGES.has(name)) add(line, column, `unknown directive "${decode(name)}"`);
      else if (third !== undefined) add(line, third.column, 'a message with spaces needs quotes');
      else if (open.length === 0) said(line, name, second, add);
      return;
  }
  if (name !== '.elif' && second !== undefined) {
    add(line, second.column, `"${name}" takes no argument`);
  }
}

const MESSAGES: ReadonlySet<string> = new Set(['.alert', '.warning', '.notice', '.diag']);

function said(line: Line, name: string, message: Word | undefined, add: Add): void {
  const text = decode(message?.value ?? '');
  if (name === '.alert') add(line, 1, `the configuration itself says: ${text}`);
  if (name === '.warning') add(line, 1, `the configuration itself says: ${text}`, 'warning');
}

function outOfSection(keyword: string): string {
  const near = nearest(SECTION_KEYWORDS, decode(keyword));
  const offer = near.length > 0 ? `; did you mean ${near.join(' or ')}?` : '';
  return `"${decode(keyword)}" stands before the first section${offer}`;
}

function columnOf(text: string): number {
  return (/^\s*/.exec(text)?.[0].length ?? 0) + 1;
}

const NAMED: ReadonlySet<string> = new Set(
  `backend frontend listen peers resolvers userlist cache mailers ring http-errors fcgi-app
  log-forward program`.split(/\s+/),
);
/** invalid_char() in src/tools.c. */
const BAD_NAME = /[^A-Za-z0-9._:-]/;

function sectionFaults(sections: readonly Section[]): readonly Diagnostic[] {
  return sections.flatMap((section) => {
    const { kind, name, env } = section;
    if (!NAMED.has(kind) || env || !certain(section)) return unknownSections(section);
    if (name === '') return [inHeader(section, 0, `"${kind}" needs a name`)];
    const bad = PROXIES.has(kind) ? BAD_NAME.exec(name)?.[0] : undefined;
    if (bad === undefined) return unknownSections(section);
    const message = `a name must not hold "${decode(bad)}": ${decode(name)}`;
    return [inHeader(section, 1, message), ...unknownSections(section)];
  });
}

const PROXIES: ReadonlySet<string> = new Set(['backend', 'frontend', 'listen']);

/**
 * A line without indentation among indented ones looks like the head of a section that is not
 * known. HAProxy takes it for one more line of the section before it, and so does hitless.
 */
function unknownSections(section: Section): readonly Diagnostic[] {
  const lines = section.statements;
  return lines.flatMap(({ line, keyword }, at) => {
    const [before, next] = [lines[at - 1]?.line ?? line, lines[at + 1]?.line ?? line];
    if (isIndented(line) || !isIndented(before) || !isIndented(next)) return [];
    const message = `no section "${decode(keyword)}" is known: its lines are taken as of "${titleOf(section)}"`;
    const place = { file: section.file, line: line.number, column: 1 };
    return [{ severity: 'warning' as const, ...place, message }];
  });
}

function titleOf({ kind, name }: Section): string {
  return name === '' ? kind : `${kind} ${decode(name)}`;
}

function isIndented({ text }: Line): boolean {
  return text.startsWith(' ') || text.startsWith('\t');
}

/** `from` counts only defaults that stand before it. */
function unknownDefaults(sections: readonly Section[]): readonly Diagnostic[] {
  const known = new Map<string, Section[]>();
  const found: Diagnostic[] = [];
  for (const section of sections) {
    const { from, kind, name } = section;
    if (from !== undefined && certain(section)) {
      const [first, second] = known.get(from) ?? [];
      if (first === undefined) found.push(inFrom(section, sections, from));
      else if (second !== undefined && certain(first) && certain(second)) {
        const places = `lines ${first.header.number} and ${second.header.number}`;
        found.push(fromFault(section, `there are two defaults "${decode(from)}" (${places})`));
      }
    }
    if (kind !== 'defaults' || name === '') continue;
    const same = known.get(name);
    if (same === undefined) known.set(name, [section]);
    else same.push(section);
  }
  return found;
}

function inFrom(section: Section, sections: readonly Section[], from: string): Diagnostic {
  const later = sections.find(({ kind, name }) => kind === 'defaults' && name === from);
  if (later === undefined) {
    const names = sections.flatMap(({ kind, name }) => (kind === 'defaults' && name ? [name] : []));
    const near = nearest(names.map(decode), decode(from));
    const offer = near.length > 0 ? `; did you mean ${near.join(' or ')}?` : '';
    return fromFault(section, `there are no defaults "${decode(from)}"${offer}`);
  }
  const circle = leadsTo(later, section, sections)
    ? ', which inherits from this one: a circle'
    : '';
  const place = `${later.file}:${later.header.number}`;
  return fromFault(section, `defaults "${decode(from)}" come only later (${place})${circle}`);
}

function leadsTo(start: Section, goal: Section, sections: readonly Section[]): boolean {
  const seen = new Set<Section>();
  for (let at: Section | undefined = start; at !== undefined && !seen.has(at); ) {
    if (at === goal) return true;
    seen.add(at);
    const { from }: Section = at;
    at = sections.find(
      ({ kind, name }) => from !== undefined && kind === 'defaults' && name === from,
    );
  }
  return false;
}

/** HAProxy tells names apart by what a section can do: a frontend and a backend may share one. */
const SPACES_OF: Readonly<Record<string, readonly string[]>> = {
  frontend: ['frontend'],
  backend: ['backend'],
  listen: ['frontend', 'backend'],
};
const UNIQUE: ReadonlySet<string> = new Set(['peers', 'resolvers', 'mailers', 'userlist', 'cache']);

function duplicates(sections: readonly Section[]): readonly Diagnostic[] {
  const known = new Map<string, Section>();
  return sections.flatMap((section) => {
    if (section.name === '' || section.env || !certain(section)) return [];
    const { kind, name } = section;
    const spaces = SPACES_OF[kind] ?? (UNIQUE.has(kind) ? [kind] : []);
    // cfg_parse_listen() compares a listen section with frontends only.
    const first = known.get(`${spaces[0] ?? ''} ${name}`);
    for (const space of spaces) if (first === undefined) known.set(`${space} ${name}`, section);
    const servers = spaces.includes('backend') ? duplicateServers(section) : [];
    if (first === undefined) return servers;
    const place = `${first.file}:${first.header.number}`;
    const message = `${kind} ${decode(name)} has the name of ${first.kind} at ${place}`;
    // A second userlist is ignored.
    const severity = kind === 'userlist' ? 'warning' : 'error';
    return [{ ...inHeader(section, 1, message), severity } as const, ...servers];
  });
}

function duplicateServers(section: Section): readonly Diagnostic[] {
  const known = new Map<string, number>();
  return section.statements.flatMap((statement) => {
    if (statement.keyword !== 'server' || statement.condition !== 0) return [];
    const word = wordsOf(statement)[1];
    if (word === undefined || word.env) return [];
    const first = known.get(word.value);
    if (first === undefined) {
      known.set(word.value, statement.line.number);
      return [];
    }
    const message = `server ${decode(word.value)} has the name of that in line ${first}`;
    const { file } = section;
    const place = { file, line: statement.line.number, column: word.column };
    return [{ severity: 'error' as const, ...place, message }];
  });
}

function certain({ condition, straddles }: Section): boolean {
  return condition === 0 && !straddles;
}

function fromFault(section: Section, message: string): Diagnostic {
  const at = lexLine(section.header.text).words.findIndex(({ value }) => value === 'from');
  return inHeader(section, at + 1, message);
}

/** At the given word of the header. */
function inHeader({ file, header }: Section, word: number, message: string): Diagnostic {
  const { words } = lexLine(header.text);
  const { column = 1 } = words[word] ?? words[0] ?? {};
  return { severity: 'error', file, line: header.number, column, message };
}
