import type { Line } from '../config/document.js';
import { lexLine, type Lexed, type Word } from '../config/lexer.js';
import type { Place } from '../config/resolve.js';
import type { Section, Statement } from '../config/sections.js';
import type { Conditions } from './conditions.js';
import { meaningOf, placeOf, shown, type Unit } from './units.js';

/** One line of a section that HAProxy acts upon. */
export interface Entry {
  readonly line: Line;
  /** The place of the condition that decides whether it counts, from 1; 0: it always does. */
  readonly ordinal: number;
  /** Equal for two lines that mean the same under the same condition. */
  readonly meaning: string;
  /** What the line sets, for showing an old and a new value side by side. */
  readonly topic: string;
  readonly keyword: string;
  readonly words: readonly Word[];
  readonly conditional: boolean;
  readonly text: string;
  readonly place: Place;
}

export function entriesOf(unit: Unit, conditions: Conditions): readonly Entry[] {
  return unit.parts.flatMap((section) =>
    section.statements.map((statement) => entryOf(section, statement, conditions)),
  );
}

function entryOf(section: Section, { line, keyword, condition }: Statement, of: Conditions): Entry {
  const place = placeOf(section, line);
  const ordinal = condition === 0 ? 0 : of.ordinal(place.file, condition);
  return new LazyEntry(line, keyword, condition !== 0, ordinal, place);
}

/** Cuts its line into words when somebody asks: most lines of a section are the same in both. */
class LazyEntry implements Entry {
  readonly line: Line;
  readonly keyword: string;
  readonly conditional: boolean;
  readonly ordinal: number;
  readonly place: Place;
  #lexed: Lexed | undefined;
  #meaning: string | undefined;

  constructor(line: Line, keyword: string, conditional: boolean, ordinal: number, place: Place) {
    this.line = line;
    this.keyword = keyword;
    this.conditional = conditional;
    this.ordinal = ordinal;
    this.place = place;
  }

  get meaning(): string {
    this.#meaning ??= underCondition(this.ordinal) + meaningOf(this.line.text, this.#cut());
    return this.#meaning;
  }

  get words(): readonly Word[] {
    return this.#cut().words;
  }

  get topic(): string {
    return topicOf(this.keyword, this.words);
  }

  get text(): string {
    return shown(this.line);
  }

  #cut(): Lexed {
    this.#lexed ??= lexLine(this.line.text);
    return this.#lexed;
  }
}

function underCondition(ordinal: number): string {
  return ordinal === 0 ? '' : `\0\0if ${ordinal} `;
}

/** Keywords of which a section has one each, and those that are told apart by their next word. */
const BY_SECOND_WORD: ReadonlySet<string> = new Set([
  'option',
  'timeout',
  'acl',
  'bind',
  'server',
  'stats',
  'tune',
  'errorfile',
  'errorloc',
  'peer',
  'nameserver',
  'user',
  'group',
  'rate-limit',
  'email-alert',
]);

function topicOf(keyword: string, words: readonly Word[]): string {
  if (!BY_SECOND_WORD.has(keyword)) return keyword;
  const at = words.findIndex(({ value }) => value === keyword);
  return `${keyword} ${words[at + 1]?.value ?? ''}`;
}

export interface Pair {
  readonly before: Entry | undefined;
  readonly after: Entry | undefined;
}

/** What is gone, what is new, and what has another value now; the order counts. */
export function differences(before: readonly Entry[], after: readonly Entry[]): readonly Pair[] {
  let start = 0;
  while (start < before.length && start < after.length && same(before[start], after[start]))
    start += 1;
  let end = 0;
  while (
    end < before.length - start &&
    end < after.length - start &&
    same(before[before.length - 1 - end], after[after.length - 1 - end])
  ) {
    end += 1;
  }
  return paired(
    ...unmatched(before.slice(start, before.length - end), after.slice(start, after.length - end)),
  );
}

function same(a: Entry | undefined, b: Entry | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  // What is written alike under the same condition means the same: no need to read it.
  if (a.ordinal === b.ordinal && a.line.text === b.line.text) return true;
  return a.meaning === b.meaning;
}

/** Above this many comparisons lines are matched without regard to the least number of moves. */
const EXACT_LIMIT = 4_000_000;

type Halves = readonly [readonly Entry[], readonly Entry[]];

function unmatched(before: readonly Entry[], after: readonly Entry[]): Halves {
  if (before.length === 0 || after.length === 0) return [before, after];
  return before.length * after.length > EXACT_LIMIT
    ? greedy(before, after)
    : longestCommon(before, after);
}

/** Without those of a longest common sequence. */
function longestCommon(before: readonly Entry[], after: readonly Entry[]): Halves {
  const width = after.length + 1;
  const lengths = new Uint32Array((before.length + 1) * width);
  const at = (row: number, column: number): number => lengths[row * width + column] ?? 0;
  for (let row = before.length - 1; row >= 0; row -= 1) {
    for (let column = after.length - 1; column >= 0; column -= 1) {
      lengths[row * width + column] = same(before[row], after[column])
        ? at(row + 1, column + 1) + 1
        : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const left: Entry[] = [];
  const right: Entry[] = [];
  let row = 0;
  let column = 0;
  while (row < before.length || column < after.length) {
    const one = before[row];
    const other = after[column];
    if (one !== undefined && other !== undefined && same(one, other)) {
      row += 1;
      column += 1;
    } else if (
      one !== undefined &&
      (other === undefined || at(row + 1, column) >= at(row, column + 1))
    ) {
      left.push(one);
      row += 1;
    } else if (other !== undefined) {
      right.push(other);
      column += 1;
    }
  }
  return [left, right];
}

/** Walks both in order; a line that the other one has further on is waited for. */
function greedy(before: readonly Entry[], after: readonly Entry[]): Halves {
  const places = new Map<string, number[]>();
  for (const [at, { meaning }] of after.entries()) {
    const known = places.get(meaning);
    if (known === undefined) places.set(meaning, [at]);
    else known.push(at);
  }
  const kept = new Set<Entry>();
  const left: Entry[] = [];
  let reached = -1;
  for (const entry of before) {
    const next = places.get(entry.meaning)?.find((at) => at > reached);
    const match = next === undefined ? undefined : after[next];
    if (next === undefined || match === undefined) left.push(entry);
    else {
      kept.add(match);
      reached = next;
    }
  }
  return [left, after.filter((entry) => !kept.has(entry))];
}

/** Old and new lines that set the same thing belong together, first with first. */
function paired(before: readonly Entry[], after: readonly Entry[]): readonly Pair[] {
  const waiting = new Map<string, Entry[]>();
  for (const entry of after) {
    const known = waiting.get(entry.topic);
    if (known === undefined) waiting.set(entry.topic, [entry]);
    else known.push(entry);
  }
  const taken = new Set<Entry>();
  const pairs = before.map((entry): Pair => {
    const match = waiting.get(entry.topic)?.shift();
    if (match !== undefined) taken.add(match);
    return { before: entry, after: match };
  });
  const rest = after.filter((entry) => !taken.has(entry));
  return [...pairs, ...rest.map((entry): Pair => ({ before: undefined, after: entry }))];
}
