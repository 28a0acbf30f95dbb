import { decode } from '../config/document.js';
import type { Proxy } from '../config/resolve.js';
import type { ConfigChange } from '../runtime/change.js';
import { COMMENTS_ONLY, CONDITIONAL, VARIABLE, whyReload } from './because.js';
import type { Side, Sides } from './compare.js';
import { limitChange } from './limit.js';
import { differences, entriesOf, type Entry, type Pair } from './statements.js';
import { serverChanges } from './compare-servers.js';
import { isSameText, linesOf, meaningOf, placeOf, shown, subjectOf, type Unit } from './units.js';

/** Two sections of the same kind and name. */
export function compareUnit(before: Unit, after: Unit, sides: Sides): readonly ConfigChange[] {
  const isSame = isSameText(before, after);
  if (isSame && sides.aligned) return NONE;
  const around = [...enclosureChanges(before, after, sides), ...chainChanges(before, after, sides)];
  if (isSame) return around;
  const header = headerChanges(before, after);
  const statements = statementChanges(before, after, sides);
  if (header.length + statements.length > 0) return [...around, ...header, ...statements];
  // A line that begins or ends a conditional block is told of once, for all.
  if (around.length > 0 || sides.conditionsDiffer) return around;
  return [commentsOnly(before, after)];
}

const NONE: readonly ConfigChange[] = [];

/** The whole section lies in another conditional block now. */
function enclosureChanges(before: Unit, after: Unit, sides: Sides): readonly ConfigChange[] {
  const old = enclosureOf(before, sides.before);
  if (old === enclosureOf(after, sides.after)) return [];
  return [wholeUnit(before, after, CONDITIONAL)];
}

function enclosureOf({ parts }: Unit, { conditions }: Side): string {
  return parts
    .map((section) => {
      const ordinal =
        section.condition === 0 ? 0 : conditions.ordinal(section.file, section.condition);
      return `${ordinal}${section.straddles ? '+' : ''}`;
    })
    .join(' ');
}

/** It takes its settings from other defaults sections now, whatever these say. */
function chainChanges(before: Unit, after: Unit, sides: Sides): readonly ConfigChange[] {
  const old = proxyOf(before, sides.before);
  const now = proxyOf(after, sides.after);
  if (old === undefined || now === undefined) return [];
  if (chainOf(old, sides.before) === chainOf(now, sides.after)) return [];
  const [defaults] = now.defaults;
  const from = defaults === undefined ? 'none' : `${defaults.file}:${defaults.header.number}`;
  return [wholeUnit(before, after, `its settings come from other defaults (${from})`)];
}

function proxyOf({ parts: [section] }: Unit, side: Side): Proxy | undefined {
  return section === undefined ? undefined : side.proxies().get(section);
}

function chainOf({ defaults }: Proxy, side: Side): string {
  return defaults.map((section) => side.defaultsKeys.get(section) ?? '').join('\0');
}

function headerChanges(before: Unit, after: Unit): readonly ConfigChange[] {
  const old = before.parts.map(({ header }) => meaningOf(header.text));
  const now = after.parts.map(({ header }) => meaningOf(header.text));
  // All `global` sections are one, and several are one after the other.
  if (before.kind === 'global' || old.join('\n') === now.join('\n')) return [];
  return [wholeUnit(before, after, whyReload(before.kind))];
}

function wholeUnit(before: Unit, after: Unit, because: string): ConfigChange {
  return {
    sign: '~',
    subject: subjectOf(after),
    before: headerOf(before),
    after: headerOf(after),
    by: { kind: 'reload', because },
  };
}

function headerOf({ parts: [section] }: Unit): ConfigChange['before'] {
  if (section === undefined) return null;
  return { text: shown(section.header), place: placeOf(section, section.header) };
}

function statementChanges(before: Unit, after: Unit, sides: Sides): readonly ConfigChange[] {
  const old = entriesOf(before, sides.before.conditions);
  const now = entriesOf(after, sides.after.conditions);
  const decided = [...old, ...now].every(({ conditional }) => !conditional) && isStraight(after);
  const proxies = [proxyOf(before, sides.before), proxyOf(after, sides.after)] as const;
  const [oldProxy, newProxy] = proxies;
  const apart =
    decided && oldProxy !== undefined && newProxy !== undefined && after.kind !== 'frontend';
  if (!apart) return pairsToChanges(differences(old, now), before, after, sides, decided);
  // Servers are compared by what is in force for them, wherever that is written.
  const servers = serverChanges(oldProxy, newProxy, [old, now], sides);
  const rest = differences(old.filter(isNoServer), now.filter(isNoServer));
  return [...pairsToChanges(rest, before, after, sides, true), ...servers];
}

function isStraight({ parts }: Unit): boolean {
  return parts.every(({ condition, straddles }) => condition === 0 && !straddles);
}

const OF_SERVERS: ReadonlySet<string> = new Set(['server', 'server-template', 'default-server']);

function isNoServer({ keyword }: Entry): boolean {
  return !OF_SERVERS.has(keyword);
}

function pairsToChanges(
  pairs: readonly Pair[],
  before: Unit,
  after: Unit,
  sides: Sides,
  decided: boolean,
): readonly ConfigChange[] {
  const subject = subjectOf(after);
  return pairs.map((pair): ConfigChange => {
    const { before: old, after: now } = pair;
    return {
      sign: old === undefined ? '+' : now === undefined ? '-' : '~',
      subject,
      before: old === undefined ? null : { text: old.text, place: old.place },
      after: now === undefined ? null : { text: now.text, place: now.place },
      by: (decided ? limitChange(pair, [before, after], sides) : undefined) ?? {
        kind: 'reload',
        because: whyEntry(now ?? old, decided) + inheritors(after, sides),
      },
    };
  });
}

function whyEntry(entry: Entry | undefined, decided: boolean): string {
  if (entry === undefined) return '';
  if (!decided) return CONDITIONAL;
  if (entry.words.some(({ env }) => env)) return VARIABLE;
  return whyReload(entry.keyword);
}

/** How many a defaults section is for. */
function inheritors({ kind, parts: [section] }: Unit, { after }: Sides): string {
  if (kind !== 'defaults' || section === undefined) return '';
  const heirs = after.config.proxies.filter(({ defaults }) => defaults.includes(section));
  const [first] = heirs;
  if (first === undefined) return '';
  return heirs.length === 1
    ? `; it is for ${first.kind} ${decode(first.name)}`
    : `; it is for ${heirs.length} sections, beginning with ${first.kind} ${decode(first.name)}`;
}

/** With the first line that is written otherwise. */
function commentsOnly(before: Unit, after: Unit): ConfigChange {
  const [old, now] = firstOther(before, after);
  return {
    sign: '~',
    subject: subjectOf(after),
    before: old,
    after: now,
    by: { kind: 'nothing', because: COMMENTS_ONLY },
  };
}

function firstOther(
  before: Unit,
  after: Unit,
): readonly [ConfigChange['before'], ConfigChange['after']] {
  const old = before.parts.flatMap((part) => linesOf(part).map((line) => ({ part, line })));
  const now = after.parts.flatMap((part) => linesOf(part).map((line) => ({ part, line })));
  const length = Math.max(old.length, now.length);
  let at = 0;
  while (at < length && old[at]?.line.text === now[at]?.line.text) at += 1;
  const shownAt = (list: typeof old): ConfigChange['before'] => {
    const found = list[at];
    if (found === undefined) return null;
    return { text: shown(found.line), place: placeOf(found.part, found.line) };
  };
  return [shownAt(old), shownAt(now)];
}
