import type { ConfigChange, RuntimeChange } from '../runtime/change.js';
import { whyNotAtRuntime } from '../runtime/availability.js';
import type { Config } from '../config/resolve.js';
import type { Sides } from './compare.js';
import { loneNumber } from './lone-number.js';
import type { Pair } from './statements.js';
import type { Unit } from './units.js';

/** Limits that the runtime API sets: `maxconn` of a frontend, `maxconn` and rates of the process. */
export function limitChange(
  { before, after }: Pair,
  [oldUnit, newUnit]: readonly [Unit, Unit],
  sides: Sides,
): ConfigChange['by'] | undefined {
  const setting = limitOf(newUnit.kind, (after ?? before)?.keyword ?? '');
  if (setting === undefined) return undefined;
  // Which of several lines counts is for HAProxy to say.
  if (isRepeated(oldUnit, setting) || isRepeated(newUnit, setting)) return undefined;
  const old = before === undefined ? unset(setting) : loneNumber(before.words);
  const now = after === undefined ? unset(setting) : loneNumber(after.words);
  if (old === undefined || now === undefined) return undefined;
  const change = changeOf(newUnit, setting, old, now);
  const because = whyNotAtRuntime(change, sides.version) ?? whyNotHere(change, sides);
  if (because !== undefined) return { kind: 'reload', because };
  return { kind: 'runtime', changes: [change] };
}

type Setting = Extract<RuntimeChange, { kind: 'global' }>['setting'];

function limitOf(kind: string, keyword: string): Setting | undefined {
  if (kind === 'frontend' || kind === 'listen')
    return keyword === 'maxconn' ? 'maxconn' : undefined;
  if (kind !== 'global') return undefined;
  switch (keyword) {
    case 'maxconn':
    case 'maxconnrate':
    case 'maxsessrate':
    case 'maxsslrate':
      return keyword;
    default:
      return undefined;
  }
}

/** A rate without a line has no limit; what a missing maxconn means depends on much else. */
function unset(setting: Setting): number | undefined {
  return setting === 'maxconn' ? undefined : 0;
}

function isRepeated({ parts }: Unit, setting: Setting): boolean {
  const all = parts.flatMap(({ statements }) =>
    statements.filter(({ keyword }) => keyword === setting),
  );
  return all.length > 1;
}

function changeOf(
  { kind, name }: Unit,
  setting: Setting,
  before: number,
  after: number,
): RuntimeChange {
  if (kind === 'global') return { kind: 'global', setting, before, after };
  return { kind: 'frontend-maxconn', frontend: name, before, after };
}

/** Frontends without a maxconn get that of the process, and backends a tenth of the frontends'. */
function whyNotHere(change: RuntimeChange, { after }: Sides): string | undefined {
  if (!mentions(after.config, 'minconn')) return undefined;
  return `${change.kind === 'global' ? 'the' : 'its'} maxconn counts for "fullconn" of backends whose servers have a minconn`;
}

function mentions({ documents }: Config, word: string): boolean {
  return documents.some(({ text }) => text.includes(word));
}
