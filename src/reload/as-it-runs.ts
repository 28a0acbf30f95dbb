import { changeFrom, type ConfigChange, type RuntimeChange } from '../haproxy/runtime/change.js';
import { inverseOf } from '../haproxy/runtime/commands.js';
import { readBackAll, wantedValue } from '../haproxy/runtime/read-back.js';
import type { RuntimeConnection } from '../host/host.js';

/**
 * Has every change at run time begin with what the process shows, which others may have changed
 * since it was started: `before` is what undoes it, and tells adding an entry from setting it.
 * What is there already is left out; what could not be put back is left to a reload.
 */
export async function asItRuns(
  connection: RuntimeConnection,
  changes: readonly ConfigChange[],
): Promise<readonly ConfigChange[]> {
  const asked = changes.flatMap(({ by }) => (by.kind === 'runtime' ? by.changes : []));
  if (asked.length === 0) return changes;
  const values = await readBackAll(connection, asked);
  const now = new Map(asked.map((change, at) => [change, values[at] ?? null]));
  return await Promise.all(changes.map(async (change) => await withBefore(change, now)));
}

async function withBefore(
  change: ConfigChange,
  now: ReadonlyMap<RuntimeChange, string | null>,
): Promise<ConfigChange> {
  if (change.by.kind !== 'runtime') return change;
  const wanted: RuntimeChange[] = [];
  for (const one of change.by.changes) {
    const value = now.get(one) ?? null;
    const because = await whyNotFrom(one, value);
    if (because !== undefined) return { ...change, by: { kind: 'reload', because } };
    if (value !== (await wantedValue(one))) wanted.push(changeFrom(one, value));
  }
  if (wanted.length > 0) return { ...change, by: { kind: 'runtime', changes: wanted } };
  return { ...change, by: { kind: 'nothing', because: 'it was set at run time already' } };
}

async function whyNotFrom(change: RuntimeChange, now: string | null): Promise<string | undefined> {
  switch (change.kind) {
    case 'server':
    case 'frontend-maxconn':
    case 'global':
      return now === null ? 'the running process does not show it' : undefined;
    case 'server-add':
      return now === null ? undefined : 'a server of this name was added at run time';
    case 'certificate':
    case 'ca-file':
    case 'crl-file': {
      const known = now === (await wantedValue(inverseOf(change)));
      const there = now === (await wantedValue(change));
      return known || there
        ? undefined
        : 'another one was set at run time, and could not be put back';
    }
    case 'loaded-certificate':
      return (await isOneOf(change, now))
        ? undefined
        : 'another certificate of this name was loaded at run time, and could not be put back';
    case 'crt-list':
      if (now === null) return 'the running process knows no such crt-list';
      return (await isOneOf(change, now))
        ? undefined
        : 'entries of it were changed at run time, and it could not be put back as it is';
    default:
      return undefined;
  }
}

/** As it was, or as it shall be. */
async function isOneOf(change: RuntimeChange, now: string | null): Promise<boolean> {
  return now === (await wantedValue(change)) || now === (await wantedValue(inverseOf(change)));
}
