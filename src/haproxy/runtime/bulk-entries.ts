import { failed } from '../../error.js';
import type { RuntimeConnection } from '../../host/host.js';
import type { EntryChange, RuntimeChange } from './change.js';
import { cliWord } from './commands.js';
import { listFiles, parseShowAcl, parseShowMap, type Entry } from './entries.js';

/**
 * From that many changes on, and when they are a good part of a file, its whole content is made
 * anew and comes into force at once (`prepare`, `commit`; 2.4 and newer): no request sees half of
 * it, and the order of the entries stays.
 */
const BULK_FROM = 100;
const BULK_SHARE = 0.25;

/** The changes of each file that are worth it. */
export async function bulkGroups(
  connection: RuntimeConnection,
  changes: readonly RuntimeChange[],
): Promise<readonly (readonly EntryChange[])[]> {
  const byFile = new Map<string, EntryChange[]>();
  for (const change of changes) {
    if (change.kind !== 'map-entry' && change.kind !== 'acl-entry') continue;
    const name = `${change.kind} ${change.file}`;
    byFile.set(name, [...(byFile.get(name) ?? []), change]);
  }
  const many = [...byFile.values()].filter((group) => group.length >= BULK_FROM);
  const worth: EntryChange[][] = [];
  for (const group of many) {
    const [first] = group;
    if (first === undefined) continue;
    const loaded = listFiles(await connection.ask(`show ${whatOf(first)}`));
    const size = loaded.find(({ file }) => file === first.file)?.entries ?? Infinity;
    if (group.length >= size * BULK_SHARE) worth.push(group);
  }
  return worth;
}

/** @throws HitlessError `step-failed`: the former content is still in force */
export async function replaceEntries(
  connection: RuntimeConnection,
  changes: readonly EntryChange[],
): Promise<void> {
  const [first] = changes;
  if (first === undefined) return;
  const what = whatOf(first);
  const file = cliWord(first.file);
  const parse = what === 'map' ? parseShowMap : parseShowAcl;
  const content = changed(parse(await connection.ask(`show ${what} ${file}`)), changes);
  const prepared = await connection.ask(`prepare ${what} ${file}`);
  const version = /created: (\d+)/.exec(prepared)?.[1];
  if (version === undefined) throw refusedBy(prepared, first.file);
  const said = await connection.askAll(
    content.map(({ key, value }) => {
      const words = what === 'map' ? `${cliWord(key)} ${cliWord(value)}` : cliWord(key);
      return `add ${what} @${version} ${file} ${words}`;
    }),
  );
  const refusal = said.find((answer) => answer.trim() !== '');
  const committed = refusal ?? (await connection.ask(`commit ${what} @${version} ${file}`));
  if (committed.trim() === '') return;
  await connection.ask(`clear ${what} @${version} ${file}`);
  throw refusedBy(committed, first.file);
}

/** Entries keep their places; what is new comes last, as `add` would have it. */
function changed(
  entries: readonly Entry[],
  changes: readonly EntryChange[],
): readonly { readonly key: string; readonly value: string }[] {
  const wanted = new Map(changes.map(({ key, after }) => [key, after]));
  const kept = entries.flatMap(({ key, value }) => {
    const after = wanted.get(key);
    if (after === null) return [];
    return [{ key, value: after ?? value }];
  });
  const known = new Set(entries.map(({ key }) => key));
  const added = changes.flatMap(({ key, after }) =>
    after === null || known.has(key) ? [] : [{ key, value: after }],
  );
  return [...kept, ...added];
}

function whatOf({ kind }: EntryChange): 'map' | 'acl' {
  return kind === 'map-entry' ? 'map' : 'acl';
}

function refusedBy(answer: string, file: string): Error {
  return failed('step-failed', `HAProxy refused the new content of ${file}: ${answer.trim()}`, {
    subject: file,
  });
}
