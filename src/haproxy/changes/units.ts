import { decode, linesBetween, type Line } from '../config/document.js';
import { lexLine, type Lexed } from '../config/lexer.js';
import type { Place } from '../config/resolve.js';
import type { Section } from '../config/sections.js';

/** What is compared as one: a section, or all `global` sections, which HAProxy reads as one. */
export interface Unit {
  readonly kind: string;
  readonly name: string;
  /** Kind and name; a second section of both has a number too. */
  readonly key: string;
  readonly parts: readonly Section[];
}

/** Every line from its header up to the next section. */
export function linesOf({ document, start, end }: Section): readonly Line[] {
  return linesBetween(document, start, end);
}

/** The bytes of these lines. */
export function textOf({ document, start, end }: Section): string {
  return document.textOf(start, end);
}

/** In the order in which HAProxy reads them. */
export function unitsOf(sections: readonly Section[]): ReadonlyMap<string, Unit> {
  const units = new Map<string, Unit>();
  for (const section of sections) {
    const { kind, name } = section;
    const key = freeKey(units, kind, `${kind} ${name}`);
    const former = units.get(key);
    units.set(key, { kind, name, key, parts: [...(former?.parts ?? []), section] });
  }
  return units;
}

function freeKey(units: ReadonlyMap<string, Unit>, kind: string, key: string): string {
  if (kind === 'global' || !units.has(key)) return key;
  let number = 2;
  while (units.has(`${key} #${number}`)) number += 1;
  return `${key} #${number}`;
}

/** Byte for byte. */
export function isSameText(a: Unit, b: Unit): boolean {
  return (
    a.parts.length === b.parts.length &&
    a.parts.every((part, at) => isSameSection(part, b.parts[at]))
  );
}

export function isSameSection(section: Section, other: Section | undefined): boolean {
  return other !== undefined && textOf(section) === textOf(other);
}

/**
 * What HAProxy sees of a line: its words, and which of them hold a variable. Two lines of the same
 * meaning are equal, whatever their spaces, quotes and comments. Empty for a line without words.
 */
export function meaningOf(text: string, { words, fault }: Lexed = lexLine(text)): string {
  if (fault !== undefined) return `${BROKEN}${text}`;
  return words.map(({ value, env }) => (env ? `${VARIABLE}${value}` : value)).join(BETWEEN);
}

/** Bytes that no word of a configuration holds: a NUL ends the line. */
const BETWEEN = '\0';
const BROKEN = '\0\0broken ';
const VARIABLE = '\0$';

export function placeOf({ file }: Section, line: Line): Place {
  return { file, line: line.number };
}

/** A line for people: without the spaces around it. */
export function shown(line: Line): string {
  return decode(line.text).trim();
}

/** `frontend www`, `global`; the name as people write it. */
export function subjectOf({ kind, name }: Pick<Unit, 'kind' | 'name'>): string {
  return name === '' ? kind : `${kind} ${decode(name)}`;
}
