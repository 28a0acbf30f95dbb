import { referencesOf } from '../config/references.js';
import type { Config } from '../config/resolve.js';
import { wordsOf } from '../config/sections.js';
import type { ConfigChange } from '../runtime/change.js';
import { certificatesOn } from './crt-list-uses.js';
import { entriesOf } from './crt-lists.js';
import { onlyNaming } from './naming.js';
import type { ReferencedFiles } from './referenced.js';

/** The names that a certificate is for; undefined: it cannot be read. */
export type NamesOf = (pem: string) => readonly string[] | undefined;

/**
 * Of several certificates for one name on a bind line HAProxy serves the first. One that is
 * replaced at run time comes behind the others (ckch_store_replace), as after a start it does not:
 * that is a reload.
 */
export function inServedOrder(
  changes: readonly ConfigChange[],
  after: ReferencedFiles,
  config: Config,
  namesOf: NamesOf,
): readonly ConfigChange[] {
  let lines: readonly (readonly Served[])[] | undefined;
  return changes.map((change) => {
    if (change.by.kind !== 'runtime') return change;
    const replaced = change.by.changes.flatMap((one) =>
      one.kind === 'certificate' ? [one.path] : [],
    );
    if (replaced.length === 0) return change;
    lines ??= linesWithCertificates(config, after);
    const because = lines
      .flatMap((line) => replaced.map((path) => whyBehind(path, line, after, namesOf)))
      .find((why) => why !== undefined);
    return because === undefined ? change : { ...change, by: { kind: 'reload', because } };
  });
}

/** A certificate on a bind line, in the order in which HAProxy loads them. */
interface Served {
  readonly certificate: string;
  /** Empty: those of the certificate itself. */
  readonly filters: readonly string[];
}

function linesWithCertificates(
  config: Config,
  after: ReferencedFiles,
): readonly (readonly Served[])[] {
  const places = new Set(
    referencesOf(onlyNaming(config))
      .filter(({ kind }) => kind === 'certificate' || kind === 'crt-list')
      .map(({ file, line }) => `${file}:${line}`),
  );
  return config.sections.flatMap(({ file, statements }) =>
    statements
      .filter(({ keyword, line }) => keyword === 'bind' && places.has(`${file}:${line.number}`))
      .map((statement) =>
        servedOn(
          wordsOf(statement).map(({ value }) => value),
          config,
          after,
        ),
      ),
  );
}

function servedOn(
  words: readonly string[],
  config: Config,
  after: ReferencedFiles,
): readonly Served[] {
  return certificatesOn(words).flatMap(({ keyword, value }): readonly Served[] => {
    if (keyword !== 'crt-list') return inFolder(value, after);
    const list = entriesOf(after.get(value)?.text ?? '', config);
    return list.kind === 'entries' ? list.entries : [];
  });
}

/** A file, or all of a folder; relative ones behind `crt-base` by their ends. */
function inFolder(value: string, after: ReferencedFiles): readonly Served[] {
  const names = [...after.keys()].filter(
    (name) => name === value || name.endsWith(`/${value}`) || isWithin(name, value),
  );
  return names
    .filter((name) => after.get(name)?.kinds.includes('certificate') === true)
    .toSorted()
    .map((certificate) => ({ certificate, filters: [] }));
}

function isWithin(name: string, folder: string): boolean {
  const end = name.lastIndexOf('/');
  const parent = name.slice(0, Math.max(end, 0));
  const wanted = folder.replace(/\/+$/, '');
  return parent === wanted || parent.endsWith(`/${wanted}`);
}

function whyBehind(
  path: string,
  line: readonly Served[],
  after: ReferencedFiles,
  namesOf: NamesOf,
): string | undefined {
  const first = line.findIndex(({ certificate }) => certificate === path);
  const others = line.slice(first + 1).filter(({ certificate }) => certificate !== path);
  if (first === -1 || others.length === 0) return undefined;
  const names = ({ certificate, filters }: Served): readonly string[] | undefined =>
    filters.length > 0 ? filters : namesOf(after.get(certificate)?.text ?? '');
  const own = line.filter(({ certificate }) => certificate === path).map(names);
  const known = own.flatMap((some) => some ?? []).map((name) => name.toLowerCase());
  if (own.includes(undefined)) return 'the names that it is for cannot be read';
  const mine = new Set(known);
  for (const other of others) {
    const theirs = names(other);
    if (theirs === undefined) return `the names of ${other.certificate} cannot be read`;
    const shared = theirs.find((name) => mine.has(name.toLowerCase()));
    if (shared !== undefined) {
      return `${other.certificate} is for ${shared} as well, and would be served before one that is replaced at run time`;
    }
  }
  return undefined;
}
