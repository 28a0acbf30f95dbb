import { linesBetween, linesMatching, type Document, type Line } from './document.js';
import { firstWord, lexLine, type Word } from './lexer.js';

/** The words that begin a section, of HAProxy 2.6 and later. */
export const SECTION_KEYWORDS: ReadonlySet<string> = new Set([
  'acme',
  'backend',
  'cache',
  'crt-store',
  'defaults',
  'fcgi-app',
  'frontend',
  'global',
  'http-errors',
  'listen',
  'log-forward',
  'log-profile',
  'mailers',
  'peers',
  'program',
  'resolvers',
  'ring',
  'traces',
  'userlist',
]);

export interface Section {
  readonly kind: string;
  /** Empty where the section has no name. */
  readonly name: string;
  /** The name holds a variable. */
  readonly env: boolean;
  /** The defaults section named with `from`. */
  readonly from: string | undefined;
  readonly file: string;
  readonly header: Line;
  readonly statements: readonly Statement[];
  /** As for statements. */
  readonly condition: number;
  /**
   * Begun inside a conditional block that ends before the section does: when the block is not
   * taken, its last lines belong to the section before it.
   */
  readonly straddles: boolean;
}

export interface Statement {
  readonly line: Line;
  /** Its value; a modifier is taken off. */
  readonly keyword: string;
  readonly modifier: '' | 'no' | 'default';
  /** Line of the innermost `.if`, `.elif` or `.else` that decides whether this counts; 0: always. */
  readonly condition: number;
  /** All words with their variables expanded, where that was done. */
  readonly expanded: readonly Word[] | undefined;
}

/** Keyword and arguments, without the modifier. */
export function wordsOf({ line, modifier, expanded }: Statement): readonly Word[] {
  const words = expanded ?? lexLine(line.text).words;
  return modifier === '' ? words : words.slice(1);
}

/**
 * Reads lines as HAProxy would in the process that it is for: conditions decided, variables
 * expanded. It is told of every line that counts, in order.
 */
export interface Reading {
  /** Undefined: the line is as `lexLine` reads it. */
  readonly words: (line: Line) => readonly Word[] | undefined;
  /** Of an `.if` or `.elif` line; undefined: only HAProxy can tell. */
  readonly holds: (line: Line) => boolean | undefined;
  readonly begun: (kind: string, name: string) => void;
  /** `kind` is that of the section in which the line stands; `words` as `words` gave them. */
  readonly seen: (
    kind: string,
    line: Line,
    words: readonly Word[] | undefined,
    conditional: boolean,
  ) => void;
}

/** The sections of one file in order. Lines before the first are dropped: HAProxy refuses them. */
export function sectionsOf(document: Document, reading?: Reading): readonly Section[] {
  const sections: Section[] = [];
  const { file, lineCount } = document;
  let open: Body | undefined;
  let kind = '';
  let blocks: readonly Block[] = [];
  for (const line of reading === undefined ? linesMatching(document, DECISIVE) : document.lines) {
    const at = line.number - 1;
    const words = reading?.words(line);
    const keyword = words === undefined ? firstWord(line.text) : words[0]?.value;
    const dropped = blocks.at(-1)?.dropped === true;
    if (keyword !== undefined && CONDITIONALS.has(keyword)) {
      blocks = enter(blocks, keyword, line, reading);
      if (open !== undefined) mark(open, at, blocks);
    } else if (!dropped && keyword !== undefined && SECTION_KEYWORDS.has(keyword)) {
      if (open !== undefined) open.to = at;
      open = { document, from: at + 1, to: lineCount, blocks, marks: [], words: undefined };
      const section = new LazySection(file, line, words ?? lexLine(line.text).words, open);
      sections.push(section);
      kind = keyword;
      reading?.begun(kind, section.name);
    } else if (!dropped && open !== undefined && reading !== undefined) {
      if (words !== undefined) (open.words ??= new Map()).set(line, words);
      reading.seen(kind, line, words, conditionOf(blocks) !== 0);
    }
  }
  return sections;
}

/** The lines after a section's header, looked into only when somebody asks. */
interface Body {
  readonly document: Document;
  readonly from: number;
  to: number;
  /** Those that were open at the header. */
  readonly blocks: readonly Block[];
  /** Where other blocks are open: from that index on. */
  readonly marks: { readonly at: number; readonly blocks: readonly Block[] }[];
  /** Those that are not as the lexer reads them. */
  words: Map<Line, readonly Word[]> | undefined;
}

function mark({ marks }: Body, at: number, blocks: readonly Block[]): void {
  marks.push({ at, blocks });
}

/** The branch of a conditional block that is open. */
interface Block {
  /** The line that decides, 0: it was decided that this branch counts. */
  readonly line: number;
  readonly dropped: boolean;
  /** A branch was taken for sure, or all of it is dropped: no later branch counts. */
  readonly settled: boolean;
  /** Of an earlier branch only HAProxy can tell. */
  readonly open: boolean;
}

const CONDITIONALS: ReadonlySet<string> = new Set(['.if', '.elif', '.else', '.endif']);

/**
 * Lines that may begin a section or a conditional: by their word, or with a quote, an escape or a
 * control byte in it. One pattern looks at a whole file sooner than code that has just started.
 */
const DECISIVE = new RegExp(
  `(?:^|\\n)[\\t\\v\\f\\r ]*(?:[\\0-\\x08\\x0e-\\x1f"'.\\\\[]|(?:${[...SECTION_KEYWORDS].join('|')})(?![a-z-])|[a-z-]+["'\\\\])`,
  'g',
);

/** The conditional blocks that are open after this line. */
function enter(
  blocks: readonly Block[],
  keyword: string,
  line: Line,
  reading: Reading | undefined,
): readonly Block[] {
  const outer = keyword === '.if' ? blocks : blocks.slice(0, -1);
  if (keyword === '.endif') return outer;
  const before = keyword === '.if' ? undefined : blocks.at(-1);
  const settled = before?.settled ?? outer.at(-1)?.dropped === true;
  const open = before?.open ?? false;
  if (settled) return [...outer, { line: line.number, dropped: true, settled, open }];
  const holds = keyword === '.else' ? decided(reading) : reading?.holds(line);
  return [...outer, branchOf(line, holds, open)];
}

/** Without a reading nothing is decided. */
function decided(reading: Reading | undefined): boolean | undefined {
  return reading === undefined ? undefined : true;
}

function branchOf({ number }: Line, holds: boolean | undefined, open: boolean): Block {
  switch (holds) {
    case true:
      return { line: open ? number : 0, dropped: false, settled: true, open };
    case false:
      return { line: number, dropped: true, settled: false, open };
    default:
      return { line: number, dropped: false, settled: false, open: true };
  }
}

function conditionOf(blocks: readonly Block[]): number {
  return blocks.findLast(({ line }) => line !== 0)?.line ?? 0;
}

/** Looks into its lines when somebody asks: most sections of a large file are never looked at. */
class LazySection implements Section {
  readonly kind: string;
  readonly name: string;
  readonly env: boolean;
  readonly from: string | undefined;
  readonly file: string;
  readonly header: Line;
  readonly condition: number;
  readonly #body: Body;
  #statements: readonly Statement[] | undefined;

  constructor(file: string, header: Line, words: readonly Word[], body: Body) {
    const [keyword, first] = words;
    const unnamed = keyword?.value === 'defaults' && first?.value === 'from';
    const at = unnamed ? 1 : 2;
    this.kind = keyword?.value ?? '';
    this.name = unnamed ? '' : (first?.value ?? '');
    this.env = !unnamed && first?.env === true;
    this.from = words[at]?.value === 'from' ? words[at + 1]?.value : undefined;
    this.file = file;
    this.header = header;
    this.condition = conditionOf(body.blocks);
    this.#body = body;
  }

  get statements(): readonly Statement[] {
    this.#statements ??= statementsOf(this.#body);
    return this.#statements;
  }

  get straddles(): boolean {
    return straddles(this.#body);
  }
}

function statementsOf({ document, from, to, blocks, marks, words }: Body): readonly Statement[] {
  const statements: Statement[] = [];
  let current = blocks;
  let condition = conditionOf(current);
  for (let at = from, next = 0; at < to; at += 1) {
    const line = document.lineAt(at);
    if (line === undefined) break;
    if (marks[next]?.at === at) {
      current = marks[next]?.blocks ?? current;
      condition = conditionOf(current);
      next += 1;
      continue;
    }
    if (current.at(-1)?.dropped === true) continue;
    const statement = statementOf(line, condition, words?.get(line));
    if (statement !== undefined) statements.push(statement);
  }
  return statements;
}

/** Undefined for a line without words, and for directives. */
function statementOf(
  line: Line,
  condition: number,
  expanded: readonly Word[] | undefined,
): Statement | undefined {
  const first = expanded === undefined ? firstWord(line.text) : expanded[0]?.value;
  if (first === undefined || first.startsWith('.')) return undefined;
  if (first !== 'no' && first !== 'default') {
    return { line, keyword: first, modifier: '', condition, expanded };
  }
  const keyword = (expanded ?? lexLine(line.text).words)[1]?.value ?? '';
  return { line, keyword, modifier: first, condition, expanded };
}

/** Whether lines follow after a block in which the section began, and of which nobody knows. */
function straddles({ document, to, blocks, marks }: Body): boolean {
  if (conditionOf(blocks) === 0) return false;
  const left = marks.find((one) => !begins(one.blocks, blocks));
  if (left === undefined) return false;
  return linesBetween(document, left.at + 1, to).some(({ text }) => {
    const first = firstWord(text);
    return first !== undefined && !first.startsWith('.');
  });
}

/** A block that counts for sure does not matter. */
function begins(blocks: readonly Block[], outer: readonly Block[]): boolean {
  return outer.every((block, index) => block.line === 0 || blocks[index] === block);
}
