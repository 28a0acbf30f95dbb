import type { Document, Line } from './document.js';
import { firstWord, lexLine, type Word } from './lexer.js';
import { isSpace } from './quoting.js';

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
  readonly expanded?: readonly Word[];
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
  let open: (Body & { readonly kind: string }) | undefined;
  let blocks: readonly Block[] = [];
  for (const line of document.lines) {
    const words = reading?.words(line);
    const keyword = words === undefined ? decisiveWord(line.text) : words[0]?.value;
    if (keyword === undefined) continue;
    if (CONDITIONALS.has(keyword)) {
      blocks = enter(blocks, keyword, line, reading);
      continue;
    }
    if (blocks.at(-1)?.dropped === true || keyword.startsWith('.')) continue;
    const condition = conditionOf(blocks);
    if (SECTION_KEYWORDS.has(keyword)) {
      open = { kind: keyword, lines: [], conditions: [], words: [], blocks, straddles: false };
      const section = begin(
        document.file,
        line,
        words ?? lexLine(line.text).words,
        open,
        condition,
      );
      sections.push(section);
      reading?.begun(keyword, section.name);
    } else if (open !== undefined) {
      open.lines.push(line);
      open.conditions.push(condition);
      open.words.push(words);
      if (!begins(blocks, open.blocks)) open.straddles = true;
    }
    if (open !== undefined) reading?.seen(open.kind, line, words, condition !== 0);
  }
  return sections;
}

/** The lines of a section that hold statements, looked into only when somebody asks. */
interface Body {
  readonly lines: Line[];
  /** As of each line. */
  readonly conditions: number[];
  /** As of each line: undefined where they are those of the lexer. */
  readonly words: (readonly Word[] | undefined)[];
  readonly blocks: readonly Block[];
  straddles: boolean;
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

/** Stands for any word that neither begins a section nor a conditional block. */
const ORDINARY = 'ordinary';
/** First bytes of such words, and of quoted ones, which may be anything. */
const DECISIVE = new Set([...SECTION_KEYWORDS].map((word) => word.charAt(0)));
/** Begins a conditional, is quoted, or hides the line. */
const DECISIVE_SIGNS = '."\'\\[';
const HASH = '#';

/**
 * The first word where it decides about sections: most lines of a large file are told by their
 * first byte. Undefined for a line without words.
 */
function decisiveWord(text: string): string | undefined {
  let at = 0;
  while (at < text.length && isSpace(text.charCodeAt(at))) at += 1;
  const first = text.charAt(at);
  if (first === '' || first === HASH) return undefined;
  // Control bytes may end the line: leave them to the lexer.
  if (DECISIVE.has(first) || DECISIVE_SIGNS.includes(first) || first < ' ') return firstWord(text);
  return ORDINARY;
}

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

function begin(
  file: string,
  header: Line,
  words: readonly Word[],
  body: Body,
  condition: number,
): Section {
  let statements: readonly Statement[] | undefined;
  const [keyword, first, second, third] = words;
  const unnamed = first === undefined || (first.value === 'from' && keyword?.value === 'defaults');
  const [name, word, from] = unnamed ? [undefined, first, second] : [first, second, third];
  return {
    kind: keyword?.value ?? '',
    name: name?.value ?? '',
    env: name?.env === true,
    from: word?.value === 'from' ? from?.value : undefined,
    file,
    header,
    get statements() {
      statements ??= statementsOf(body);
      return statements;
    },
    condition,
    get straddles() {
      return body.straddles;
    },
  };
}

function statementsOf({ lines, conditions, words }: Body): readonly Statement[] {
  return lines.map((line, at) => statementOf(line, conditions[at] ?? 0, words[at]));
}

function statementOf(
  line: Line,
  condition: number,
  expanded: readonly Word[] | undefined,
): Statement {
  const first = (expanded === undefined ? firstWord(line.text) : expanded[0]?.value) ?? '';
  const known = expanded === undefined ? {} : { expanded };
  if (first !== 'no' && first !== 'default') {
    return { line, keyword: first, modifier: '', condition, ...known };
  }
  const keyword = (expanded ?? lexLine(line.text).words)[1]?.value ?? '';
  return { line, keyword, modifier: first, condition, ...known };
}

/** The blocks in which a section began are still open; one that counts for sure does not matter. */
function begins(blocks: readonly Block[], outer: readonly Block[]): boolean {
  return outer.every((block, index) => block.line === 0 || blocks[index] === block);
}
