import { decode, type Line } from '../config/document.js';
import { lexLine } from '../config/lexer.js';
import type { Config, Place } from '../config/resolve.js';
import type { Section } from '../config/sections.js';

/** What is compared as one: a section, or all `global` sections, which HAProxy reads as one. */
export interface Unit {
  readonly kind: string;
  readonly name: string;
  /** Kind and name; a second section of both has a number too. */
  readonly key: string;
  readonly parts: readonly Part[];
}

/** A section with every line up to the next one. */
export interface Part {
  readonly section: Section;
  readonly lines: readonly Line[];
}

/** In the order in which HAProxy reads them. */
export function unitsOf(config: Config): ReadonlyMap<string, Unit> {
  const units = new Map<string, Unit>();
  for (const part of partsOf(config)) {
    const { kind, name } = part.section;
    const key = freeKey(units, kind, `${kind} ${name}`);
    const former = units.get(key);
    units.set(key, { kind, name, key, parts: former ? [...former.parts, part] : [part] });
  }
  return units;
}

function partsOf({ documents, sections }: Config): readonly Part[] {
  const parts: Part[] = [];
  let next = 0;
  for (const { lines } of documents) {
    for (;;) {
      const section = sections[next];
      if (section === undefined || lines[section.header.number - 1] !== section.header) break;
      next += 1;
      const following = sections[next]?.header;
      const ends = following !== undefined && lines[following.number - 1] === following;
      const end = ends ? following.number - 1 : lines.length;
      parts.push({ section, lines: lines.slice(section.header.number - 1, end) });
    }
  }
  return parts;
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
    a.parts.every(({ lines }, at) => {
      const others = b.parts[at]?.lines ?? [];
      return lines.length === others.length && lines.every(isSameLine(others));
    })
  );
}

function isSameLine(others: readonly Line[]): (line: Line, at: number) => boolean {
  return ({ text }, at) => text === others[at]?.text;
}

/**
 * What HAProxy sees of a line: its words, and which of them hold a variable. Two lines of the same
 * meaning are equal, whatever their spaces, quotes and comments. Empty for a line without words.
 */
export function meaningOf(text: string): string {
  const { words, fault } = lexLine(text);
  if (fault !== undefined) return `${BROKEN}${text}`;
  return words.map(({ value, env }) => (env ? `${VARIABLE}${value}` : value)).join(BETWEEN);
}

/** Bytes that no word of a configuration holds: a NUL ends the line. */
const BETWEEN = '\0';
const BROKEN = '\0\0broken ';
const VARIABLE = '\0$';

export function placeOf({ section }: Part, line: Line): Place {
  return { file: section.file, line: line.number };
}

/** A line for people: without the spaces around it. */
export function shown(line: Line): string {
  return decode(line.text).trim();
}

/** `frontend www`, `global`; the name as people write it. */
export function subjectOf({ kind, name }: Pick<Unit, 'kind' | 'name'>): string {
  return name === '' ? kind : `${kind} ${decode(name)}`;
}
