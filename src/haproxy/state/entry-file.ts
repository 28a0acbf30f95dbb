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

export interface FileEntry extends Pattern {
  /** From 1. */
  readonly line: number;
}

interface FileLine {
  /** With its line feed. */
  readonly text: string;
  /** Undefined for a comment or an empty line. */
  readonly pattern: Pattern | undefined;
}

export function entriesIn(content: string, kind: EntryKind): readonly FileEntry[] {
  const entries: FileEntry[] = [];
  for (const [at, { pattern }] of linesOf(content, kind).entries()) {
    if (pattern !== undefined) entries.push({ ...pattern, line: at + 1 });
  }
  return entries;
}

/** One key that a file and the running HAProxy do not have alike. */
export interface EntryDifference {
  readonly key: string;
  /** The value that counts: of several with the same key the first. Null: it is not there. */
  readonly running: string | null;
  readonly files: string | null;
  /** Where the file has it. */
  readonly line: number | null;
  /** How many entries come, go, or get another value. */
  readonly count: number;
}

/** Empty when the file says what HAProxy has. */
export function entryDifferences(
  files: readonly FileEntry[],
  running: readonly Pattern[],
): readonly EntryDifference[] {
  if (isSame(files, running)) return [];
  const [written, loaded] = [valuesByKey(files), valuesByKey(running)];
  const lines = new Map(files.toReversed().map(({ key, line }) => [key, line]));
  const found: EntryDifference[] = [];
  for (const key of new Set([...written.keys(), ...loaded.keys()])) {
    const [before = [], after = []] = [written.get(key), loaded.get(key)];
    if (before.length === after.length && before.every((value, at) => value === after[at]))
      continue;
    found.push({
      key,
      running: after[0] ?? null,
      files: before[0] ?? null,
      line: lines.get(key) ?? null,
      count: Math.max(before.length, after.length),
    });
  }
  return found;
}

/** Of most files nobody has changed anything: that is seen without a look at each key. */
function isSame(one: readonly Pattern[], other: readonly Pattern[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ key, value }, at) => key === other[at]?.key && value === other[at]?.value)
  );
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
