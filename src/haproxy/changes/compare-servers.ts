import type { Proxy } from '../config/resolve.js';
import { serversOf, type ServerSpec } from '../config/servers.js';
import type { ConfigChange } from '../runtime/change.js';
import { CONDITIONAL, VARIABLE, whyReload } from './because.js';
import type { Sides } from './compare.js';
import type { ServerContext } from './server-context.js';
import { serverAdded, serverDeleted } from './server-life.js';
import { serverDifference } from './server-difference.js';
import { differences, type Entry, type Pair } from './statements.js';
import { decode } from '../config/document.js';

/** Of one backend or listen section, by what is in force for each server. */
export function serverChanges(
  before: Proxy,
  after: Proxy,
  [oldEntries, newEntries]: readonly [readonly Entry[], readonly Entry[]],
  sides: Sides,
): readonly ConfigChange[] {
  const pairs = differences(oldEntries.filter(isOfServers), newEntries.filter(isOfServers));
  if (pairs.length === 0) return [];
  const opaque = pairs.filter(isOpaque);
  const named = new Set(pairs.flatMap(({ before: a, after: b }) => [nameIn(a), nameIn(b)]));
  // A default-server counts for every server behind it.
  const all = pairs.some(({ before: a, after: b }) => (b ?? a)?.keyword !== 'server');
  const chosen = (specs: readonly ServerSpec[]): readonly ServerSpec[] =>
    specs.filter(({ name, template }) => template === undefined && (all || named.has(name)));
  const old = serversOf(before);
  const now = serversOf(after);
  const skip = new Set(opaque.flatMap(({ before: a, after: b }) => [nameIn(a), nameIn(b)]));
  const context = { before, after, old, now, sides };
  return [
    ...opaque.map((pair) => reloadOf(pair, after)),
    ...pairs.filter(isDefault).map((pair) => shownAtServers(pair, after)),
    ...orderChange(old, now, after),
    ...byName(chosen(old), chosen(now), skip, context),
  ];
}

function isOfServers({ keyword }: Entry): boolean {
  return keyword === 'server' || keyword === 'server-template' || keyword === 'default-server';
}

function nameIn(entry: Entry | undefined): string {
  return entry?.keyword === 'server' ? (entry.words[1]?.value ?? '') : '';
}

/** What it sets cannot be told from the line alone, or makes many servers. */
function isOpaque({ before, after }: Pair): boolean {
  return [before, after].some(
    (entry) =>
      entry !== undefined &&
      (entry.keyword === 'server-template' || entry.words.some(({ env }) => env)),
  );
}

function isDefault(pair: Pair): boolean {
  return !isOpaque(pair) && (pair.after ?? pair.before)?.keyword === 'default-server';
}

function reloadOf(pair: Pair, proxy: Proxy): ConfigChange {
  const { before, after } = pair;
  const entry = after ?? before;
  const variable = [before, after].some((one) => one?.words.some(({ env }) => env) === true);
  const name = nameIn(entry);
  return {
    sign: signOf(pair),
    subject: name === '' ? `${proxy.kind} ${decode(proxy.name)}` : subjectOf(proxy, name),
    ...sidesOf(pair),
    by: { kind: 'reload', because: variable ? VARIABLE : whyReload(entry?.keyword ?? '') },
  };
}

function shownAtServers(pair: Pair, proxy: Proxy): ConfigChange {
  return {
    sign: signOf(pair),
    subject: `${proxy.kind} ${decode(proxy.name)}`,
    ...sidesOf(pair),
    by: {
      kind: 'nothing',
      because: 'a default has no effect of its own: see the servers that it is for',
    },
  };
}

function signOf({ before, after }: Pair): ConfigChange['sign'] {
  return before === undefined ? '+' : after === undefined ? '-' : '~';
}

function sidesOf({ before, after }: Pair): Pick<ConfigChange, 'before' | 'after'> {
  const side = (entry: Entry | undefined): ConfigChange['before'] =>
    entry === undefined ? null : { text: entry.text, place: entry.place };
  return { before: side(before), after: side(after) };
}

function subjectOf(proxy: Proxy, server: string): string {
  return `server ${decode(proxy.name)}/${decode(server)}`;
}

/** The order of servers is the order in which they are chosen and numbered. */
function orderChange(
  old: readonly ServerSpec[],
  now: readonly ServerSpec[],
  proxy: Proxy,
): readonly ConfigChange[] {
  const after = new Set(now.map(({ name }) => name));
  const before = new Set(old.map(({ name }) => name));
  const kept = old.filter(({ name }) => after.has(name));
  const others = now.filter(({ name }) => before.has(name));
  const at = kept.findIndex(({ name }, index) => name !== others[index]?.name);
  const [one, other] = [kept[at], others[at]];
  if (one === undefined || other === undefined) return [];
  return [
    {
      sign: '~',
      subject: `${proxy.kind} ${decode(proxy.name)}`,
      before: sideOf(one),
      after: sideOf(other),
      by: {
        kind: 'reload',
        because: 'the servers stand in another order, in which HAProxy numbers and chooses them',
      },
    },
  ];
}

function sideOf(spec: ServerSpec): NonNullable<ConfigChange['before']> {
  return {
    text: decode(spec.statement.line.text).trim(),
    place: { file: spec.file, line: spec.line },
  };
}

function byName(
  old: readonly ServerSpec[],
  now: readonly ServerSpec[],
  skip: ReadonlySet<string>,
  context: ServerContext,
): readonly ConfigChange[] {
  const before = new Map(old.map((spec) => [spec.name, spec]));
  const after = new Map(now.map((spec) => [spec.name, spec]));
  const changes: ConfigChange[] = [];
  for (const [name, spec] of before) {
    if (skip.has(name)) continue;
    const other = after.get(name);
    const by = other === undefined ? serverDeleted(spec, context) : between(spec, other, context);
    if (by !== undefined) changes.push(changeOf(spec, other, by, context.after));
  }
  for (const [name, spec] of after) {
    if (before.has(name) || skip.has(name)) continue;
    changes.push(changeOf(undefined, spec, serverAdded(spec, context), context.after));
  }
  return changes;
}

function between(
  old: ServerSpec,
  now: ServerSpec,
  context: ServerContext,
): ConfigChange['by'] | undefined {
  if (old.conditional || now.conditional) return { kind: 'reload', because: CONDITIONAL };
  return serverDifference(old, now, context);
}

function changeOf(
  old: ServerSpec | undefined,
  now: ServerSpec | undefined,
  by: ConfigChange['by'],
  proxy: Proxy,
): ConfigChange {
  return {
    sign: old === undefined ? '+' : now === undefined ? '-' : '~',
    subject: subjectOf(proxy, (now ?? old)?.name ?? ''),
    before: old === undefined ? null : sideOf(old),
    after: now === undefined ? null : sideOf(now),
    by,
  };
}
