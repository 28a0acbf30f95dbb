/**
 * Map and ACL files line by line, as HAProxy reads them (pat_ref_read_from_file_smp and
 * pat_ref_read_from_file in pattern.c, 2.4 to 3.2). Texts are latin1. Pure.
 */
export interface Pattern {
  readonly key: string;
  /** Empty for an ACL. */
  readonly value: string;
}

export type EntryKind = 'map' | 'acl';

interface FileLine {
  /** With its line feed. */
  readonly text: string;
  /** Undefined for a comment or an empty line. */
  readonly pattern: Pattern | undefined;
}

export function patternsIn(content: string, kind: EntryKind): readonly Pattern[] {
  return linesOf(content, kind).flatMap(({ pattern }) => (pattern === undefined ? [] : [pattern]));
}

/** How many entries come, go, or get another value; 0: the file says what HAProxy has. */
export function countDifferences(one: readonly Pattern[], other: readonly Pattern[]): number {
  const [before, after] = [valuesByKey(one), valuesByKey(other)];
  let count = 0;
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    if (JSON.stringify(before.get(key)) === JSON.stringify(after.get(key))) continue;
    count += Math.max(before.get(key)?.length ?? 0, after.get(key)?.length ?? 0);
  }
  return count;
}

/**
 * The file with the entries that HAProxy has: lines that say so already stay as they are, comments
 * too; a value that was set is replaced in its line, what was added goes to the end.
 *
 * @returns undefined for an entry that no line can express
 */
export function withPatterns(
  content: string,
  kind: EntryKind,
  running: readonly Pattern[],
): string | undefined {
  if (running.some((pattern) => !isWritable(pattern, kind))) return undefined;
  const left = valuesByKey(running);
  const kept = linesOf(content, kind).map(({ text, pattern }) => {
    if (pattern === undefined) return text;
    const value = left.get(pattern.key)?.shift();
    if (value === undefined) return '';
    return value === pattern.value ? text : withValue(text, pattern, value);
  });
  const added = running.filter(({ key, value }) => {
    const values = left.get(key);
    if (values?.[0] !== value) return false;
    values.shift();
    return true;
  });
  const lines = added.map(({ key, value }) => (value === '' ? `${key}\n` : `${key} ${value}\n`));
  const text = kept.join('');
  const gap = lines.length > 0 && text !== '' && !text.endsWith('\n') ? '\n' : '';
  return `${text}${gap}${lines.join('')}`;
}

/** In HAProxy's order: the same key may stand there several times. */
function valuesByKey(patterns: readonly Pattern[]): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const { key, value } of patterns) {
    const same = values.get(key);
    if (same === undefined) values.set(key, [value]);
    else same.push(value);
  }
  return values;
}

function linesOf(content: string, kind: EntryKind): readonly FileLine[] {
  return (content.match(/[^\n]*\n|[^\n]+$/g) ?? []).map((text) => ({
    text,
    pattern: patternOf(text, kind),
  }));
}

function patternOf(line: string, kind: EntryKind): Pattern | undefined {
  if (line.startsWith('#')) return undefined;
  // The pattern stops at the first CR or LF.
  const text = /^[ \t]*([^\r\n]*)/.exec(line)?.[1] ?? '';
  if (text === '') return undefined;
  if (kind === 'acl') return { key: text, value: '' };
  const [, key = '', value = ''] = /^([^ \t]+)[ \t]*(.*?)[ \t]*$/.exec(text) ?? [];
  return { key, value };
}

/** Its value alone changes: indentation, and the space between, are its author's. */
function withValue(text: string, { key, value }: Pattern, wanted: string): string {
  const afterKey = text.indexOf(key) + key.length;
  const from = value === '' ? afterKey : text.indexOf(value, afterKey);
  const gap = value === '' ? ' ' : '';
  return `${text.slice(0, from)}${gap}${wanted}${text.slice(from + value.length)}`;
}

function isWritable({ key, value }: Pattern, kind: EntryKind): boolean {
  if (key === '' || key.startsWith('#') || /^[ \t]|[\r\n]/.test(key)) return false;
  if (kind === 'acl') return true;
  return !/[ \t]/.test(key) && !/^[ \t]|[\r\n]|[ \t]$/.test(value);
}
