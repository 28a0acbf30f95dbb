import { proxiesOf, type Config, type Proxy } from '../config/resolve.js';
import type { Section } from '../config/sections.js';
import { isAtLeast } from '../version.js';
import type { ConfigChange } from '../runtime/change.js';
import { reduced } from './reduce.js';
import { NO_CONDITIONS, conditionsOf, firstDifference, type Conditions } from './conditions.js';
import { COMMENTS_ONLY, whyReload } from './because.js';
import { compareUnit } from './compare-unit.js';
import { orderChanges } from './order.js';
import { isSameText, placeOf, shown, subjectOf, unitsOf, type Unit } from './units.js';

/** One of the two configurations that are compared. */
export interface Side {
  readonly config: Config;
  readonly units: ReadonlyMap<string, Unit>;
  readonly conditions: Conditions;
  readonly proxies: () => ReadonlyMap<Section, Proxy>;
  /** The key of the unit of each defaults section. */
  readonly defaultsKeys: ReadonlyMap<Section, string>;
}

/**
 * What differs between the configuration that runs and another one, object by object, and whether
 * a running HAProxy of this version can take it over. Whatever cannot be shown to be the same is a
 * reload. Referenced files are not looked into (see referenced.ts). Pure.
 *
 * @param version of the running HAProxy, as `2.6.12`
 * @param reduce leaves out what need not be looked into; without it the changes are the same
 */
export function compareConfigs(
  before: Config,
  after: Config,
  version: string,
  reduce: typeof reduced = reduced,
): readonly ConfigChange[] {
  if (isSameConfig(before, after)) return [];
  const few = reduce(before, after);
  const old = sideOf(before, few?.before);
  const now = sideOf(after, few?.after);
  const conditions = conditionChanges(old.conditions, now.conditions);
  const conditionsDiffer = conditions.length > 0;
  const aligned = isAligned(old, now);
  const sides: Sides = { before: old, after: now, version, conditionsDiffer, aligned };
  const changes = [...conditions, ...unitChanges(sides), ...orderChanges(sides)];
  return changes.length > 0 ? changes : commentsBetween(before, after);
}

export interface Sides {
  readonly before: Side;
  readonly after: Side;
  readonly version: string;
  readonly conditionsDiffer: boolean;
  /**
   * The same sections in the same order and no conditional blocks: a section of the same text has
   * the same defaults too, as each defaults section that differs is told of itself.
   */
  readonly aligned: boolean;
}

function isSameConfig(a: Config, b: Config): boolean {
  return (
    a.documents.length === b.documents.length &&
    a.documents.every(({ text }, at) => text === b.documents[at]?.text)
  );
}

function isAligned(before: Side, after: Side): boolean {
  if (before.conditions.lines.length + after.conditions.lines.length > 0) return false;
  if (before.units.size !== after.units.size) return false;
  const others = after.units.keys();
  for (const key of before.units.keys()) if (others.next().value !== key) return false;
  return true;
}

function sideOf(config: Config, few: readonly Section[] | undefined): Side {
  const wanted = few && new Set(few);
  let known: ReadonlyMap<Section, Proxy> | undefined;
  const proxies = (): ReadonlyMap<Section, Proxy> =>
    (known ??= new Map(proxiesOf(config.sections, wanted).map((proxy) => [proxy.section, proxy])));
  const units = unitsOf(few ?? config.sections);
  const defaultsKeys = new Map(
    [...units.values()].flatMap(({ kind, key, parts }) =>
      kind === 'defaults' ? parts.map((section) => [section, key] as const) : [],
    ),
  );
  return {
    config,
    units,
    conditions: few === undefined ? conditionsOf(config) : NO_CONDITIONS,
    proxies,
    defaultsKeys,
  };
}

/** Which lines count is not known any more: nothing of it is shown to be the same. */
function conditionChanges(before: Conditions, after: Conditions): readonly ConfigChange[] {
  const at = firstDifference(before, after);
  if (at === undefined) return [];
  const [old, now] = [before.lines[at], after.lines[at]];
  return [
    {
      sign: old === undefined ? '+' : now === undefined ? '-' : '~',
      subject: 'conditional blocks',
      before: old === undefined ? null : { text: old.text.trim(), place: old },
      after: now === undefined ? null : { text: now.text.trim(), place: now },
      by: { kind: 'reload', because: 'conditions are decided when HAProxy starts' },
    },
  ];
}

function unitChanges(sides: Sides): readonly ConfigChange[] {
  const { before, after } = sides;
  const changes: ConfigChange[] = [];
  for (const [key, unit] of before.units) {
    const other = after.units.get(key);
    if (other === undefined) changes.push(whole('-', unit, sides));
    else changes.push(...compareUnit(unit, other, sides));
  }
  for (const [key, unit] of after.units)
    if (!before.units.has(key)) changes.push(whole('+', unit, sides));
  return changes;
}

function whole(sign: '+' | '-', unit: Unit, { version }: Sides): ConfigChange {
  const [part] = unit.parts;
  const shownAs = part === undefined ? null : headerOf(part);
  return {
    sign,
    subject: subjectOf(unit),
    before: sign === '-' ? shownAs : null,
    after: sign === '+' ? shownAs : null,
    by: { kind: 'reload', because: whySection(sign, unit, version) },
  };
}

function headerOf(section: Section): NonNullable<ConfigChange['before']> {
  const { header } = section;
  return { text: shown(header), place: placeOf(section, header) };
}

function whySection(sign: '+' | '-', { kind }: Unit, version: string): string {
  const verb = sign === '+' ? 'made' : 'removed';
  switch (kind) {
    case 'frontend':
    case 'listen':
      return `a ${kind} is ${verb} only by a new process: its listeners are opened when HAProxy starts`;
    case 'backend':
      return isAtLeast(version, DYNAMIC_BACKENDS)
        ? 'HAProxy 3.4 and newer can do it at run time, but hitless does not: it has not been tried'
        : `a backend is ${verb} only by a new process, before HAProxy 3.4`;
    default:
      return whyReload(kind);
  }
}

/** With `add backend` and `del backend`. */
const DYNAMIC_BACKENDS = [3, 4] as const;

/** Lines before the first section, or lines that moved between files. */
function commentsBetween(before: Config, after: Config): readonly ConfigChange[] {
  const [document] = after.documents;
  const [former] = before.documents;
  if (document === undefined || former === undefined) return [];
  if (isSameUnits(before, after) && before.documents.length !== after.documents.length) return [];
  return [
    {
      sign: '~',
      subject: document.file,
      before: null,
      after: null,
      by: { kind: 'nothing', because: COMMENTS_ONLY },
    },
  ];
}

function isSameUnits(before: Config, after: Config): boolean {
  const others = unitsOf(after.sections);
  return [...unitsOf(before.sections)].every(([key, unit]) => {
    const other = others.get(key);
    return other !== undefined && isSameText(unit, other);
  });
}
