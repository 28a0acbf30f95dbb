import type { World } from './world.js';

/** Lists of certificates as HAProxy 2.6 keeps them: added at the end, known by numbers. */
export interface FakeCrtList {
  entries: readonly FakeCrtEntry[];
  lines: number;
}

interface FakeCrtEntry {
  readonly certificate: string;
  readonly line: number;
  /** Options and names. */
  readonly rest: string;
}

export function crtListFrom(world: World, path: string): FakeCrtList {
  const lines = (world.files.text(path) ?? '').split('\n').filter((line) => line !== '');
  return { entries: lines.map((line, at) => entryFrom(line, at + 1)), lines: lines.length };
}

function entryFrom(text: string, line: number): FakeCrtEntry {
  const [certificate = '', ...rest] = text.split(' ');
  return { certificate, line, rest: rest.map((word) => ` ${word}`).join('') };
}

/** Without the numbers, which differ between a new process and one that was changed. */
export function shownCrtLists(
  lists: ReadonlyMap<string, FakeCrtList>,
): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    [...lists].map(([name, { entries }]) => [
      name,
      entries.map(({ certificate, rest }) => certificate + rest),
    ]),
  );
}

export function crtListAnswer(
  lists: ReadonlyMap<string, FakeCrtList>,
  certificates: ReadonlyMap<string, string>,
  verb: string,
  [first = '', second = '']: readonly string[],
  payload: string,
): string {
  if (verb === 'show' && first === '') return `${[...lists.keys()].join('\n')}\n`;
  const name = verb === 'show' ? second : first;
  const list = lists.get(name);
  if (list === undefined) return "didn't find the specified filename\n";
  switch (verb) {
    case 'show':
      return `# ${name}\n${list.entries.map((one) => `${one.certificate}:${one.line}${one.rest}\n`).join('')}`;
    case 'add': {
      const entry = entryFrom(payload.trim(), list.lines + 1);
      const pem = certificates.get(entry.certificate) ?? '';
      if (pem === '') {
        return `Can't edit the crt-list: certificate '${entry.certificate}' does not exist!\n`;
      }
      list.entries = [...list.entries, entry];
      list.lines += 1;
      return `Inserting certificate '${entry.certificate}' in crt-list '${name}'.\nSuccess!\n`;
    }
    default: {
      const at = list.entries.findIndex(
        ({ certificate, line }) => second === `${certificate}:${line}`,
      );
      if (at === -1) return "Can't delete the entry: can't be found\n";
      if (at === 0) return "Can't delete the entry: it is used as default certificate\n";
      list.entries = list.entries.filter((_one, index) => index !== at);
      return `Entry '${second}' deleted in crtlist '${name}'!\n`;
    }
  }
}
