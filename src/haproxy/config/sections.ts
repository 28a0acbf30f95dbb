import { begins, conditionOf, CONDITIONALS, enter, type Block, type Deciding } from './blocks.js';
import { indexesMatching, linesBetween, type Document, type Line } from './document.js';
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
  readonly document: Document;
  readonly header: Line;
  /** The index of the header. */
  readonly start: number;
  /** The index of the line at which the next section of the file begins, or of its end. */
  readonly end: number;
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
export interface Reading extends Deciding {
  /** Undefined: the line is as `lexLine` reads it. */
  readonly words: (line: Line) => readonly Word[] | undefined;
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
  let open: Body | undefined;
  let kind = '';
  let blocks: readonly Block[] = [];
  for (const at of reading ? document.lines.keys() : indexesMatching(document, DECISIVE)) {
    const words = reading?.words(document.lineAt(at));
    const keyword = words === undefined ? firstWord(document.textOf(at, at + 1)) : words[0]?.value;
    const dropped = blocks.at(-1)?.dropped === true;
    if (keyword !== undefined && CONDITIONALS.has(keyword)) {
      blocks = enter(blocks, keyword, document.lineAt(at), reading);
      if (open !== undefined) (open.marks ??= []).push({ at, blocks });
    } else if (!dropped && keyword !== undefined && SECTION_KEYWORDS.has(keyword)) {
      if (open !== undefined) open.to = at;
      const to = document.lineCount;
      open = { document, header: at, title: words, to, blocks, marks: undefined, words: undefined };
      const section = new LazySection(keyword, open);
      sections.push(section);
      kind = keyword;
      reading?.begun(kind, section.name);
    } else if (!dropped && open !== undefined && reading !== undefined) {
      const line = document.lineAt(at);
      if (words !== undefined) (open.words ??= new Map()).set(line, words);
      reading.seen(kind, line, words, conditionOf(blocks) !== 0);
    }
  }
  return sections;
}

/** The lines of a section, looked into only when somebody asks. */
interface Body {
  readonly document: Document;
  /** Its index. */
  readonly header: number;
  /** The words of the header, where they are not as the lexer reads them. */
  readonly title: readonly Word[] | undefined;
  to: number;
  /** Those that were open at the header. */
  readonly blocks: readonly Block[];
  /** Where other blocks are open: from that index on. */
  marks: { readonly at: number; readonly blocks: readonly Block[] }[] | undefined;
  /** Those that are not as the lexer reads them. */
  words: Map<Line, readonly Word[]> | undefined;
}

/**
 * Lines that may begin a section or a conditional: by their word, or with a quote, an escape or a
 * control byte in it. One pattern looks at a whole file sooner than code that has just started.
 */
const DECISIVE = new RegExp(
  `(?:^|\\n)[\\t\\v\\f\\r ]*(?:[\\0-\\x08\\x0e-\\x1f"'.\\\\[]|(?:${[...SECTION_KEYWORDS].join('|')})(?![a-z-])|[a-z-]+["'\\\\])`,
  'g',
);

/** Looks into its lines when somebody asks: most sections of a large file are never looked at. */
class LazySection implements Section {
  readonly kind: string;
  readonly condition: number;
  readonly #body: Body;
  #title: Title | undefined;
  #statements: readonly Statement[] | undefined;

  constructor(kind: string, body: Body) {
    this.kind = kind;
    this.condition = conditionOf(body.blocks);
    this.#body = body;
  }

  get document(): Document {
    return this.#body.document;
  }

  get file(): string {
    return this.#body.document.file;
  }

  get header(): Line {
    return this.#body.document.lineAt(this.#body.header);
  }

  get start(): number {
    return this.#body.header;
  }

  get end(): number {
    return this.#body.to;
  }

  get name(): string {
    return this.#titled().name;
  }

  get env(): boolean {
    return this.#titled().env;
  }

  get from(): string | undefined {
    return this.#titled().from;
  }

  get statements(): readonly Statement[] {
    this.#statements ??= statementsOf(this.#body);
    return this.#statements;
  }

  get straddles(): boolean {
    return straddles(this.#body);
  }

  #titled(): Title {
    this.#title ??= titleOf(this.#body);
    return this.#title;
  }
}

type Title = Pick<Section, 'name' | 'env' | 'from'>;

/** A keyword and a name without quotes, escapes and more words: most headers need no lexer. */
const PLAIN = /^[\t ]*[a-z-]+[\t ]+([^\s"'\\#\0]+)[\t ]*(?:#.*)?\r?\n?$/;

function titleOf({ document, header, title }: Body): Title {
  const text = document.textOf(header, header + 1);
  const plain = title === undefined ? PLAIN.exec(text)?.[1] : undefined;
  if (plain !== undefined && plain !== 'from') return { name: plain, env: false, from: undefined };
  return titleIn(title ?? lexLine(text).words);
}

function titleIn(words: readonly Word[]): Title {
  const [keyword, first] = words;
  const unnamed = keyword?.value === 'defaults' && first?.value === 'from';
  const at = unnamed ? 1 : 2;
  return {
    name: unnamed ? '' : (first?.value ?? ''),
    env: !unnamed && first?.env === true,
    from: words[at]?.value === 'from' ? words[at + 1]?.value : undefined,
  };
}

function statementsOf({ document, header, to, blocks, marks, words }: Body): readonly Statement[] {
  const statements: Statement[] = [];
  let current = blocks;
  let condition = conditionOf(current);
  for (let at = header + 1, next = 0; at < to; at += 1) {
    if (marks?.[next]?.at === at) {
      current = marks?.[next]?.blocks ?? current;
      condition = conditionOf(current);
      next += 1;
      continue;
    }
    if (current.at(-1)?.dropped === true) continue;
    const line = document.lineAt(at);
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
  const left = marks?.find((one) => !begins(one.blocks, blocks));
  if (left === undefined) return false;
  return linesBetween(document, left.at + 1, to).some(({ text }) => {
    const first = firstWord(text);
    return first !== undefined && !first.startsWith('.');
  });
}
