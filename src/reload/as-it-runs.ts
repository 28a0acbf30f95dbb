import { changeFrom, type ConfigChange, type RuntimeChange } from '../haproxy/runtime/change.js';
import { fromNow, type FromNow } from '../haproxy/runtime/from-now.js';
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
  const found = await fromNow(connection, asked);
  const byChange = new Map(found.map((one) => [one.change, one]));
  return changes.map((change) => withBefore(change, byChange));
}

function withBefore(
  change: ConfigChange,
  found: ReadonlyMap<RuntimeChange, FromNow>,
): ConfigChange {
  if (change.by.kind !== 'runtime') return change;
  const all = change.by.changes.flatMap((one) => found.get(one) ?? []);
  const because = all.find((one) => one.because !== undefined)?.because;
  if (because !== undefined) return { ...change, by: { kind: 'reload', because } };
  const wanted = all.flatMap((one) => (one.isMade ? [] : [changeFrom(one.change, one.now)]));
  if (wanted.length > 0) return { ...change, by: { kind: 'runtime', changes: wanted } };
  return { ...change, by: { kind: 'nothing', because: 'it was set at run time already' } };
}
