import type { Config } from '../config/resolve.js';
import type { ConfigChange, EntryChange } from '../runtime/change.js';
import { entriesIn, type FileEntry } from '../state/entry-file.js';

/** What turns the old content of a loaded file into the new one, entry by entry. */
export function entryChanges(
  kind: 'map' | 'acl',
  file: string,
  [old, now]: readonly [string, string],
  config: Config,
): ConfigChange['by'] {
  const before = entriesIn(old, kind);
  const after = entriesIn(now, kind);
  if (isSame(before, after)) {
    return { kind: 'nothing', because: 'comments and spaces: the entries are the same' };
  }
  const because =
    whyRepeated(before) ??
    whyRepeated(after) ??
    (kind === 'map' ? whyOrdered(file, before, after, config) : undefined);
  if (because !== undefined) return { kind: 'reload', because };
  return { kind: 'runtime', changes: changesBetween(kind, file, before, after) };
}

function isSame(before: readonly FileEntry[], after: readonly FileEntry[]): boolean {
  return (
    before.length === after.length &&
    before.every(({ key, value }, at) => key === after[at]?.key && value === after[at]?.value)
  );
}

function whyRepeated(entries: readonly FileEntry[]): string | undefined {
  const seen = new Set<string>();
  for (const { key, line } of entries) {
    if (seen.has(key))
      return `the key in line ${line} stands twice: one of two cannot be changed alone`;
    seen.add(key);
  }
  return undefined;
}

/** Which entry of several that match counts follows from the order, but for exact matches. */
function whyOrdered(
  file: string,
  before: readonly FileEntry[],
  after: readonly FileEntry[],
  config: Config,
): string | undefined {
  if (isOrderFree(file, config)) return undefined;
  const old = new Set(before.map(({ key }) => key));
  const now = new Set(after.map(({ key }) => key));
  const kept = before.filter(({ key }) => now.has(key)).map(({ key }) => key);
  const inOrder = [...kept, ...after.filter(({ key }) => !old.has(key)).map(({ key }) => key)];
  const at = after.findIndex(({ key }, index) => key !== inOrder[index]);
  if (at === -1) return undefined;
  return `the order counts in this map, and an entry is added at its end only (line ${after[at]?.line ?? 0})`;
}

/** Whole strings, numbers and addresses: at most one entry matches, or the longest one does. */
const EXACT = /(?<![A-Za-z_])map(?:_(?:str|int|ip))?(?:_(?:str|int|ip|key))?\($/;

function isOrderFree(file: string, { documents }: Config): boolean {
  let uses = 0;
  for (const { lines } of documents) {
    for (const { text } of lines) {
      for (let at = text.indexOf(file); at !== -1; at = text.indexOf(file, at + 1)) {
        uses += 1;
        if (!EXACT.test(text.slice(0, at))) return false;
      }
    }
  }
  return uses > 0;
}

/** Removals first: what is added may otherwise match beside what goes. */
function changesBetween(
  kind: 'map' | 'acl',
  file: string,
  before: readonly FileEntry[],
  after: readonly FileEntry[],
): readonly EntryChange[] {
  const old = new Map(before.map(({ key, value }) => [key, value]));
  const now = new Map(after.map(({ key, value }) => [key, value]));
  const change = (key: string): EntryChange => ({
    kind: `${kind}-entry`,
    file,
    key,
    before: old.get(key) ?? null,
    after: now.get(key) ?? null,
  });
  return [
    ...before.filter(({ key }) => !now.has(key)).map(({ key }) => change(key)),
    ...after.filter(({ key, value }) => old.get(key) !== value).map(({ key }) => change(key)),
  ];
}
