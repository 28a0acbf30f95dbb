import type { Config } from '../config/resolve.js';
import { wordsOf } from '../config/sections.js';
import type { ConfigChange, CrtListChange } from '../runtime/change.js';
import {
  FILES,
  parseCrtList,
  printEntry,
  stayingIn,
  type CrtEntry,
  type CrtList,
} from '../runtime/crt-lists.js';
import { certificatesFor } from './crt-list-certificates.js';
import { useOfCrtList, type CrtListUse } from './crt-list-uses.js';
import type { ReferencedFile, ReferencedFiles } from './referenced.js';

/** The files that are compared, as the process has read them and as the next one would. */
export interface ReferencedSides {
  readonly before: ReferencedFiles;
  readonly after: ReferencedFiles;
}

/** What turns the entries of a loaded crt-list into those of its file, and why it may not be done. */
export function crtListChange(
  { name, text: old = '' }: ReferencedFile,
  now: string,
  sides: ReferencedSides,
  config: Config,
): ConfigChange['by'] {
  const [before, after] = [old, now].map((text) => entriesOf(text, config)) as [CrtList, CrtList];
  for (const list of [before, after]) {
    if (list.kind === 'opaque') return reload(`line ${list.line}: ${list.because}`);
  }
  if (before.kind === 'opaque' || after.kind === 'opaque') return reload('');
  const change: CrtListChange = {
    kind: 'crt-list',
    file: name,
    before: before.entries.map(printEntry),
    after: after.entries.map(printEntry),
  };
  if (change.before.join('\n') === change.after.join('\n')) {
    return { kind: 'nothing', because: 'comments and spaces: the entries are the same' };
  }
  const use = useOfCrtList(name, config, sides.after);
  const touched = touchedBy(change, before.entries, after.entries);
  const because =
    (NAME.test(name) ? undefined : 'its name cannot be written in a command') ??
    (use.kind === 'unclear' ? use.because : whyNotEntries(change, touched, use)) ??
    whyBundle([...before.entries, ...after.entries], sides);
  if (because !== undefined) return reload(because);
  const certificates = certificatesFor(touched, before.entries, sides, config);
  if (typeof certificates === 'string') return reload(certificates);
  return { kind: 'runtime', changes: [...certificates.load, change, ...certificates.delete] };
}

/** Of a crt-list that the configuration names. */
export function entriesOf(text: string, { sections }: Pick<Config, 'sections'>): CrtList {
  const bases = sections.flatMap(({ kind, condition, statements }) =>
    kind === 'global'
      ? statements
          .filter(({ keyword }) => keyword === 'crt-base')
          .map((statement) => ({
            word: wordsOf(statement)[1],
            conditional: condition !== 0 || statement.condition !== 0,
          }))
      : [],
  );
  const [base] = bases;
  const certain = bases.every(({ word, conditional }) => !conditional && word?.env !== true);
  const list = parseCrtList(text, base?.word?.value);
  if (certain || list.kind === 'opaque') return list;
  const relative = list.entries.find(({ line }) => !/^[ \t]*\//.test(lineAt(text, line)));
  return relative === undefined
    ? list
    : { kind: 'opaque', line: relative.line, because: 'crt-base is not known for certain' };
}

function lineAt(text: string, line: number): string {
  return text.split('\n')[line - 1] ?? '';
}

function reload(because: string): ConfigChange['by'] {
  return { kind: 'reload', because };
}

export interface Touched {
  /** To be added at the end, behind what stays. */
  readonly added: readonly CrtEntry[];
  /** These, those that are deleted, and those that undoing it adds. */
  readonly all: readonly CrtEntry[];
}

function touchedBy(
  change: CrtListChange,
  before: readonly CrtEntry[],
  after: readonly CrtEntry[],
): Touched {
  const staying = new Set(stayingIn(change.before, change.after));
  const added = after.slice(staying.size);
  const deleted = before.filter((_entry, at) => !staying.has(at));
  const back = before.slice(stayingIn(change.after, change.before).length);
  return { added, all: [...new Set([...added, ...deleted, ...back])] };
}

/** Words of a command, and of a line that HAProxy cuts at spaces, colons and brackets. */
const NAME = /^\/(?!.*(?:\/\/|\/\.\.?\/))[\w/@%+,=~.-]*[\w@%+,=~.-]$/;
/** Each takes about a millisecond of one thread of HAProxy (2.6.12, RSA 2048). */
const ADDED_MAX = 500;
const LINE_MAX_BYTES = 15_000;

function whyNotEntries(
  { before, after }: CrtListChange,
  touched: Touched,
  { binds, leads }: Extract<CrtListUse, { kind: 'clear' }>,
): string | undefined {
  if (leads && before[0] !== after[0]) {
    return 'the first entry is the default certificate of its bind line, which is chosen when HAProxy starts';
  }
  if (touched.all.length > ADDED_MAX) {
    return `${touched.all.length} entries would be added or deleted one by one: at most ${ADDED_MAX} are`;
  }
  for (const entry of touched.all) {
    const because = whyNotEntry(entry, binds);
    if (because !== undefined) return `${entry.certificate}: ${because}`;
  }
  return undefined;
}

function whyNotEntry(entry: CrtEntry, binds: number): string | undefined {
  const { certificate, options } = entry;
  if (!NAME.test(certificate)) return 'its name is no plain path from the root on';
  if (printEntry(entry).length > LINE_MAX_BYTES) return 'the line is too long for a command';
  const file = options.find(({ keyword }) => FILES.has(keyword));
  if (file !== undefined)
    return `"${file.keyword}" reads a file, which is done when HAProxy starts`;
  if (options.length > 0 && binds > 1) {
    return `it has options and the list is on ${binds} bind lines: HAProxy 2.6 dies when the second of them refuses an entry`;
  }
  return undefined;
}

/** `site.pem` stands for `site.pem.rsa` and `site.pem.ecdsa`, each an entry of its own. */
function whyBundle(entries: readonly CrtEntry[], sides: ReferencedSides): string | undefined {
  const bundle = entries.find(({ certificate }) =>
    [sides.before, sides.after].some((files) => files.get(certificate)?.sha256 === 'absent'),
  );
  return bundle && `${bundle.certificate}: there is no such file, or it stands for several`;
}
