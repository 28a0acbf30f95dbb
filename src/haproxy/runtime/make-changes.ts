import { failed } from '../../error.js';
import { waitFor } from '../../host/wait.js';
import type { Clock, RuntimeConnection } from '../../host/host.js';
import { bulkGroups, replaceEntries } from './bulk-entries.js';
import type { RuntimeChange } from './change.js';
import { changeCrtList } from './change-crt-list.js';
import { abortFor, commandsFor, describeChange, enableCommands } from './commands.js';
import { inOrder } from './order.js';
import { readBackAll, wantedValue } from './read-back.js';

interface Patience {
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** What HAProxy said about a change, where it said anything. */
type Answers = Map<RuntimeChange, string>;

/**
 * Asks HAProxy for each change that it does not show yet, and reads all of them back. May be
 * repeated, also after it was broken off in the middle.
 *
 * @throws HitlessError `step-failed` with HAProxy's own words, `socket-silent`
 */
export async function makeChanges(
  connection: RuntimeConnection,
  changes: readonly RuntimeChange[],
  patience: Patience,
): Promise<void> {
  const values = await readBackAll(connection, changes);
  const missing: RuntimeChange[] = [];
  const unfinished = new Set<RuntimeChange>();
  for (const [at, change] of changes.entries()) {
    const now = values[at] ?? null;
    if (now === (await wantedValue(change))) continue;
    const todo = isEntry(change) ? { ...change, before: now } : change;
    if (now === 'unfinished') unfinished.add(todo);
    missing.push(todo);
  }
  const answers: Answers = new Map();
  const ordered = inOrder(missing);
  const deletes = ordered.filter(({ kind }) => kind === 'server-delete');
  const unloads = ordered.filter(isUnloading);
  const others = ordered.filter(
    (change) => change.kind !== 'server-delete' && !isUnloading(change),
  );
  await ask(connection, others, unfinished, answers);
  await refuseDifferences(connection, others, answers);
  // What was deleted comes back without its state: nothing is while something else is amiss.
  await deleteServers(connection, deletes, answers, patience);
  await refuseDifferences(connection, deletes, answers);
  await unload(connection, unloads, answers);
  await refuseDifferences(connection, unloads, answers);
}

/** HAProxy keeps what an entry or a server still uses, or what somebody has begun to replace. */
async function unload(
  connection: RuntimeConnection,
  changes: readonly RuntimeChange[],
  answers: Answers,
): Promise<void> {
  for (const change of changes) {
    const [abort = '', remove = ''] = commandsFor(change);
    await connection.ask(abort);
    note(answers, change, await connection.ask(remove));
  }
}

function isUnloading(change: RuntimeChange): boolean {
  return change.kind === 'loaded-certificate' && change.after === null;
}

async function refuseDifferences(
  connection: RuntimeConnection,
  changes: readonly RuntimeChange[],
  answers: Answers,
): Promise<void> {
  const [wrong] = await differences(connection, changes);
  if (wrong === undefined) return;
  const said = answers.get(wrong.change) ?? '';
  const why = said === '' ? `it shows ${wrong.now ?? 'none'}` : said;
  const what = describeChange(wrong.change);
  throw failed('step-failed', `HAProxy did not make the change ${what}: ${why}`, {
    subject: subjectOf(wrong.change),
  });
}

export interface Difference {
  readonly change: RuntimeChange;
  /** What HAProxy shows instead. */
  readonly now: string | null;
}

/** The changes that HAProxy does not show. */
export async function differences(
  connection: RuntimeConnection,
  changes: readonly RuntimeChange[],
): Promise<readonly Difference[]> {
  const values = await readBackAll(connection, changes);
  const found: Difference[] = [];
  for (const [at, change] of changes.entries()) {
    const now = values[at] ?? null;
    if (now !== (await wantedValue(change))) found.push({ change, now });
  }
  return found;
}

/** `web/web1`, `frontend www`, `/etc/haproxy/hosts.map`. */
export function subjectOf(change: RuntimeChange): string {
  if ('server' in change) return `${change.server.backend}/${change.server.server}`;
  if ('file' in change) return change.file;
  if ('path' in change) return change.path;
  return change.kind === 'global' ? `global ${change.setting}` : `frontend ${change.frontend}`;
}

async function ask(
  connection: RuntimeConnection,
  changes: readonly RuntimeChange[],
  unfinished: ReadonlySet<RuntimeChange>,
  answers: Answers,
): Promise<void> {
  const bulk = await bulkGroups(connection, changes);
  const grouped = new Set<RuntimeChange>(bulk.flat());
  const single = changes.filter(
    (change) =>
      abortFor(change) === undefined && change.kind !== 'crt-list' && !grouped.has(change),
  );
  // Certificates come before all that is used or not used: nothing depends on them.
  for (const change of changes) {
    if (abortFor(change) !== undefined) await replaceCertificate(connection, change, answers);
  }
  for (const change of changes) {
    if (change.kind !== 'crt-list') continue;
    note(answers, change, (await changeCrtList(connection, change)) ?? '');
  }
  const before = single.filter((change) => !isEntry(change));
  await askSingly(connection, before, unfinished, answers);
  for (const group of bulk) await replaceEntries(connection, group);
  await askSingly(connection, single.filter(isEntry), unfinished, answers);
}

function isEntry(
  change: RuntimeChange,
): change is Extract<RuntimeChange, { kind: 'map-entry' | 'acl-entry' }> {
  return change.kind === 'map-entry' || change.kind === 'acl-entry';
}

/** One command after the other without waiting: a round trip for each would take most of the time. */
async function askSingly(
  connection: RuntimeConnection,
  changes: readonly RuntimeChange[],
  unfinished: ReadonlySet<RuntimeChange>,
  answers: Answers,
): Promise<void> {
  const commands = changes.flatMap((change) => {
    const half = change.kind === 'server-add' && unfinished.has(change);
    const texts = half ? enableCommands(change.server, change.words) : commandsFor(change);
    return texts.map((text) => ({ text, change }));
  });
  const said = await connection.askAll(commands.map(({ text }) => text));
  for (const [at, { change }] of commands.entries()) note(answers, change, said[at] ?? '');
}

/** The first thing it says is what kept the rest from working. */
function note(answers: Answers, change: RuntimeChange, answer: string): void {
  const text = answer.trim().replaceAll('\n', ' ');
  if (text !== '' && !answers.has(change)) answers.set(change, text);
}

/**
 * A transaction: until it is committed the former certificate is served. One that was left open,
 * by a hitless that was killed too, would be mixed up with this one.
 */
async function replaceCertificate(
  connection: RuntimeConnection,
  change: RuntimeChange,
  answers: Answers,
): Promise<void> {
  const abort = abortFor(change) ?? '';
  await connection.ask(abort);
  for (const command of commandsFor(change)) {
    const answer = await connection.ask(command);
    if (DONE.test(answer)) continue;
    note(answers, change, answer);
    await connection.ask(abort);
    return;
  }
}

/** A name that is there already, empty, is what somebody was killed over: it is filled now. */
const DONE = /transaction (created|updated)|success!|new empty certificate store|already exists/i;

/** HAProxy refuses while connections are open, or kept for the next request. */
async function deleteServers(
  connection: RuntimeConnection,
  changes: readonly RuntimeChange[],
  answers: Answers,
  { timeoutMs, clock }: Patience,
): Promise<void> {
  const deletions = changes.map((change) => {
    const [maint = '', remove = ''] = commandsFor(change);
    return { change, maint, remove };
  });
  await connection.askAll(deletions.map(({ maint }) => maint));
  let left = deletions;
  await waitFor(
    async () => {
      const said = await connection.askAll(left.map(({ remove }) => remove));
      for (const [at, { change }] of left.entries()) answers.set(change, (said[at] ?? '').trim());
      left = left.filter((_one, at) => STILL_USED.test(said[at] ?? ''));
      return left.length === 0 ? true : undefined;
    },
    { timeoutMs, intervalMs: 50, clock },
  );
}

const STILL_USED = /still has|connections attached|not empty/i;
