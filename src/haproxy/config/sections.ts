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
}

/** Keyword and arguments, without the modifier. */
export function wordsOf({ line, modifier }: Statement): readonly Word[] {
  const { words } = lexLine(line.text);
  return modifier === '' ? words : words.slice(1);
}

/** The sections of one file in order. Lines before the first are dropped: HAProxy refuses them. */
export function sectionsOf(document: Document): readonly Section[] {
  const sections: Section[] = [];
  let open: Body | undefined;
  let branches: readonly number[] = [];
  for (const line of document.lines) {
    const keyword = decisiveWord(line.text);
    if (keyword === undefined) continue;
    if (keyword.startsWith('.')) branches = enter(branches, keyword, line.number);
    else if (SECTION_KEYWORDS.has(keyword)) {
      open = { lines: [], conditions: [], branches, straddles: false };
      sections.push(begin(document.file, line, open, branches.at(-1) ?? 0));
    } else if (open !== undefined) {
      open.lines.push(line);
      open.conditions.push(branches.at(-1) ?? 0);
      if (!begins(branches, open.branches)) open.straddles = true;
    }
  }
  return sections;
}

/** The lines of a section that hold statements, looked into only when somebody asks. */
interface Body {
  readonly lines: Line[];
  /** As of each line. */
  readonly conditions: number[];
  readonly branches: readonly number[];
  straddles: boolean;
}

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

/** The branches of conditional blocks that are open after this line. */
function enter(open: readonly number[], keyword: string, line: number): readonly number[] {
  switch (keyword) {
    case '.if':
      return [...open, line];
    case '.elif':
    case '.else':
      return [...open.slice(0, -1), line];
    case '.endif':
      return open.slice(0, -1);
    default:
      return open;
  }
}

function begin(file: string, header: Line, body: Body, condition: number): Section {
  let statements: readonly Statement[] | undefined;
  const [keyword, first, second, third] = lexLine(header.text).words;
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

function statementsOf({ lines, conditions }: Body): readonly Statement[] {
  return lines.map((line, at) =>
    statementOf(line, firstWord(line.text) ?? '', conditions[at] ?? 0),
  );
}

function statementOf(line: Line, first: string, condition: number): Statement {
  if (first !== 'no' && first !== 'default') {
    return { line, keyword: first, modifier: '', condition };
  }
  const keyword = lexLine(line.text).words[1]?.value ?? '';
  return { line, keyword, modifier: first, condition };
}

function begins(branches: readonly number[], outer: readonly number[]): boolean {
  return outer.every((line, index) => branches[index] === line);
}
