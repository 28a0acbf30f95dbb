import type { Config } from '../config/resolve.js';
import type { RuntimeChange } from '../runtime/change.js';
import type { CrtEntry } from '../runtime/crt-lists.js';
import type { ReferencedSides, Touched } from './crt-lists.js';
import type { ReferencedFile, ReferencedFiles } from './referenced.js';

export interface Certificates {
  /** Loaded, or shown to be loaded, before the entries are added. */
  readonly load: readonly RuntimeChange[];
  /** That nothing names any more: HAProxy would keep them, and their keys, for nothing. */
  readonly delete: readonly RuntimeChange[];
}

/** A string says why the entries cannot be added at run time. */
export function certificatesFor(
  { added }: Touched,
  before: readonly CrtEntry[],
  sides: ReferencedSides,
  config: Config,
): Certificates | string {
  const load: RuntimeChange[] = [];
  for (const name of namesIn(added)) {
    const one = loading(name, sides, config);
    if (typeof one === 'string') return `${name}: ${one}`;
    if (one !== undefined) load.push(one);
  }
  const gone = namesIn(before).filter((name) => !sides.after.has(name));
  return { load, delete: gone.flatMap((path) => deleting(path, sides.before)) };
}

function namesIn(entries: readonly CrtEntry[]): readonly string[] {
  return [...new Set(entries.map(({ certificate }) => certificate))];
}

function loading(
  name: string,
  { before, after }: ReferencedSides,
  config: Config,
): RuntimeChange | string | undefined {
  const now = after.get(name);
  const old = before.get(name);
  if (now === undefined) return 'it is not known what stands in it';
  // Where it has changed as well, that is a change of its own.
  if (old !== undefined && old.sha256 !== now.sha256) return undefined;
  const { text } = now;
  if (text === undefined || now.kinds.length > 1) {
    return 'it is not known what of the file HAProxy has loaded';
  }
  const kind = 'loaded-certificate';
  // The entry is of use only if what is loaded is what the file says.
  if (old !== undefined) return { kind, path: name, before: text, after: text };
  const because = whyNotWhole(now, after) ?? whyElsewhere(name, config);
  return because ?? { kind, path: name, before: null, after: text };
}

/** One command carries one file. */
function whyNotWhole(
  { name, text = '' }: ReferencedFile,
  all: ReferencedFiles,
): string | undefined {
  if (!text.includes('PRIVATE KEY-----')) return 'its key stands in another file';
  const beside = BESIDE.find((ending) => all.has(`${name}.${ending}`));
  return beside && `a part of it stands in ${name}.${beside}`;
}

const BESIDE = ['key', 'ocsp', 'issuer', 'sctl'];

/** `ssl-load-extra-del-ext`: the parts beside `site.crt` are `site.key`, `site.ocsp`. */
function whyElsewhere(name: string, { sections }: Config): string | undefined {
  const set = sections.some(
    ({ kind, statements }) =>
      kind === 'global' && statements.some(({ keyword }) => keyword === 'ssl-load-extra-del-ext'),
  );
  return set && name.endsWith('.crt') ? 'parts of it may stand in files beside it' : undefined;
}

/** What could not be loaded again to undo it stays there, unused. */
function deleting(path: string, before: ReferencedFiles): readonly RuntimeChange[] {
  const old = before.get(path);
  if (old?.text === undefined || old.kinds.length > 1 || whyNotWhole(old, before) !== undefined) {
    return [];
  }
  return [{ kind: 'loaded-certificate', path, before: old.text, after: null }];
}
