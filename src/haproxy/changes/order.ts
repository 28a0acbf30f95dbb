import type { ConfigChange } from '../runtime/change.js';
import type { Side, Sides } from './compare.js';
import { placeOf, shown, subjectOf, type Unit } from './units.js';

/** Sections that HAProxy finds by their names, wherever they stand. */
const FREE: ReadonlySet<string> = new Set(['backend']);
/** Samples that give the number of a backend, which follows from the order. */
const NUMBERS = /\b(be_id|fe_id|so_id|srv_id)\b/;

/** Sections that both have, in another order. */
export function orderChanges({ before, after, aligned }: Sides): readonly ConfigChange[] {
  if (aligned) return [];
  const old = [...before.units.keys()].filter((key) => after.units.has(key));
  const now = [...after.units.keys()].filter((key) => before.units.has(key));
  const at = old.findIndex((key, index) => key !== now[index]);
  if (at === -1) return [];
  const bound = (keys: readonly string[]): readonly string[] =>
    keys.filter((key) => !FREE.has(before.units.get(key)?.kind ?? ''));
  const stays = bound(old).every((key, index) => key === bound(now)[index]) && !usesNumbers(after);
  return [moved(before.units.get(now[at] ?? ''), after.units.get(now[at] ?? ''), stays)].flat();
}

function usesNumbers({ config }: Side): boolean {
  return config.documents.some(({ text }) => NUMBERS.test(text));
}

function moved(
  before: Unit | undefined,
  after: Unit | undefined,
  stays: boolean,
): readonly ConfigChange[] {
  if (before === undefined || after === undefined) return [];
  const because = stays
    ? 'the order of backends does not count: HAProxy finds them by their names'
    : 'sections stand in another order, and what follows from it is not known';
  return [
    {
      sign: '~',
      subject: `order of sections, beginning with ${subjectOf(after)}`,
      before: headerOf(before),
      after: headerOf(after),
      by: { kind: stays ? 'nothing' : 'reload', because },
    },
  ];
}

function headerOf({ parts: [section] }: Unit): ConfigChange['before'] {
  if (section === undefined) return null;
  return { text: shown(section.header), place: placeOf(section, section.header) };
}
