import { decode, linesBetween, type Document, type Line } from '../config/document.js';
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

/** A section with every line up to the next one: those of its file from `from` to before `to`. */
export interface Part {
  readonly section: Section;
  readonly document: Document;
  readonly from: number;
  readonly to: number;
}

export function linesOf({ document, from, to }: Part): readonly Line[] {
  return linesBetween(document, from, to);
}

/** The bytes of these lines. */
export function textOf({ document, from, to }: Part): string {
  return document.textOf(from, to);
}

/** In the order in which HAProxy reads them. */
export function unitsOf(parts: readonly Part[]): ReadonlyMap<string, Unit> {
  const units = new Map<string, Unit>();
  for (const part of parts) {
    const { kind, name } = part.section;
    const key = freeKey(units, kind, `${kind} ${name}`);
    const former = units.get(key);
    units.set(key, { kind, name, key, parts: former ? [...former.parts, part] : [part] });
  }
  return units;
}

export function partsOf({ documents, sections }: Config): readonly Part[] {
  const parts: Part[] = [];
  let next = 0;
  for (const document of documents) {
    for (;;) {
      const section = sections[next];
      if (section === undefined || !holds(document, section.header)) break;
      next += 1;
      const following = sections[next]?.header;
      const ends = following !== undefined && holds(document, following);
      const end = ends ? following.number - 1 : document.lineCount;
      parts.push({ section, document, from: section.header.number - 1, to: end });
    }
  }
  return parts;
}

function holds(document: Document, line: Line): boolean {
  return document.lineAt(line.number - 1) === line;
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
    a.parts.length === b.parts.length && a.parts.every((part, at) => isSamePart(part, b.parts[at]))
  );
}

export function isSamePart(part: Part, other: Part | undefined): boolean {
  return other !== undefined && textOf(part) === textOf(other);
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
