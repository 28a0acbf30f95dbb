import type { Config, Proxy } from '../config/resolve.js';
import type { Section } from '../config/sections.js';
import type { ConfigChange } from '../runtime/change.js';
import { conditionsOf, firstDifference, type Conditions } from './conditions.js';
import { COMMENTS_ONLY, whyReload } from './because.js';
import { compareUnit } from './compare-unit.js';
import { orderChanges } from './order.js';
import { isSameText, placeOf, shown, subjectOf, unitsOf, type Part, type Unit } from './units.js';

/** One of the two configurations that are compared. */
export interface Side {
  readonly config: Config;
  readonly units: ReadonlyMap<string, Unit>;
  readonly conditions: Conditions;
  readonly proxies: ReadonlyMap<string, Proxy>;
  /** The key of the unit of each defaults section. */
  readonly defaultsKeys: ReadonlyMap<Section, string>;
}

/**
 * What differs between the configuration that runs and another one, object by object, and whether
 * a running HAProxy of this version can take it over. Whatever cannot be shown to be the same is a
 * reload. Referenced files are not looked into (see referenced.ts). Pure.
 *
 * @param version of the running HAProxy, as `2.6.12`
 */
export function compareConfigs(
  before: Config,
  after: Config,
  version: string,
): readonly ConfigChange[] {
  if (isSameConfig(before, after)) return [];
  const [old, now] = [sideOf(before), sideOf(after)];
  const conditions = conditionChanges(old.conditions, now.conditions);
  const conditionsDiffer = conditions.length > 0;
  const sides: Sides = { before: old, after: now, version, conditionsDiffer };
  const changes = [
    ...conditions,
    ...unitChanges(sides),
    ...orderChanges(sides.before, sides.after),
  ];
  return changes.length > 0 ? changes : commentsBetween(before, after);
}

export interface Sides {
  readonly before: Side;
  readonly after: Side;
  readonly version: string;
  readonly conditionsDiffer: boolean;
}

function isSameConfig(a: Config, b: Config): boolean {
  return (
    a.documents.length === b.documents.length &&
    a.documents.every(({ lines }, at) => {
      const others = b.documents[at]?.lines ?? [];
      return (
        lines.length === others.length && lines.every(({ text }, n) => text === others[n]?.text)
      );
    })
  );
}

function sideOf(config: Config): Side {
  const proxies = new Map<string, Proxy>();
  for (const proxy of config.proxies) {
    const key = `${proxy.kind} ${proxy.name}`;
    if (!proxies.has(key)) proxies.set(key, proxy);
  }
  const units = unitsOf(config);
  const defaultsKeys = new Map(
    [...units.values()].flatMap(({ kind, key, parts }) =>
      kind === 'defaults' ? parts.map(({ section }) => [section, key] as const) : [],
    ),
  );
  return { config, units, conditions: conditionsOf(config), proxies, defaultsKeys };
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
    if (other === undefined) changes.push(whole('-', unit));
    else changes.push(...compareUnit(unit, other, sides));
  }
  for (const [key, unit] of after.units) if (!before.units.has(key)) changes.push(whole('+', unit));
  return changes;
}

function whole(sign: '+' | '-', unit: Unit): ConfigChange {
  const [part] = unit.parts;
  const shownAs = part === undefined ? null : headerOf(part);
  return {
    sign,
    subject: subjectOf(unit),
    before: sign === '-' ? shownAs : null,
    after: sign === '+' ? shownAs : null,
    by: { kind: 'reload', because: whySection(sign, unit) },
  };
}

function headerOf(part: Part): NonNullable<ConfigChange['before']> {
  const { header } = part.section;
  return { text: shown(header), place: placeOf(part, header) };
}

function whySection(sign: '+' | '-', { kind }: Unit): string {
  const verb = sign === '+' ? 'made' : 'removed';
  switch (kind) {
    case 'frontend':
    case 'listen':
      return `a ${kind} is ${verb} only by a new process: its listeners are opened when HAProxy starts`;
    case 'backend':
      return `a backend is ${verb} only by a new process`;
    default:
      return whyReload(kind);
  }
}

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
  const others = unitsOf(after);
  return [...unitsOf(before)].every(([key, unit]) => {
    const other = others.get(key);
    return other !== undefined && isSameText(unit, other);
  });
}
