/**
 * Lists of certificates ("crt-list"), as their files have them (configuration.txt, 5.1) and as the
 * runtime API shows them. Cut into words as crtlist_parse_line in ssl_crtlist.c does. Pure.
 */
export interface CrtEntry {
  /** The name by which HAProxy has loaded the certificate: its path, behind `crt-base`. */
  readonly certificate: string;
  /** By keyword; the last of each counts. */
  readonly options: readonly CrtOption[];
  readonly filters: readonly string[];
  /** In the file, from 1; in a running list the number that HAProxy knows the entry by. */
  readonly line: number;
}

export interface CrtOption {
  readonly keyword: string;
  /** Empty for a flag. */
  readonly value: string;
}

/** `opaque`: something in it cannot be compared with what HAProxy shows, or not be read. */
export type CrtList =
  | { readonly kind: 'entries'; readonly entries: readonly CrtEntry[] }
  | { readonly kind: 'opaque'; readonly line: number; readonly because: string };

/** @param base `crt-base`, which stands before relative names */
export function parseCrtList(text: string, base: string | undefined): CrtList {
  const entries: CrtEntry[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    if (line.startsWith('#')) continue;
    const cut = cutLine(line);
    if (typeof cut === 'string') return { kind: 'opaque', line: at + 1, because: cut };
    if (cut === undefined) continue;
    const { name, ...rest } = cut;
    const prefix = name.startsWith('/') || base === undefined ? '' : `${base}/`;
    entries.push({ certificate: prefix + name, ...rest, line: at + 1 });
  }
  return { kind: 'entries', entries };
}

/** `show ssl crt-list`: the names of all that are loaded, folders of certificates too. */
export function listCrtLists(text: string): readonly string[] {
  return text.split('\n').filter((line) => line.startsWith('/'));
}

/** `show ssl crt-list -n FILE`: `PATH:LINE [options] filters`. Undefined: no such list is loaded. */
export function parseShowCrtList(text: string): CrtList | undefined {
  if (!text.startsWith('# ')) return undefined;
  const entries: CrtEntry[] = [];
  // HAProxy prints the NUL at the end of what it has made of "alpn".
  for (const line of text.replaceAll('\0', '').split('\n')) {
    if (line.startsWith('#')) continue;
    const cut = cutLine(line);
    if (cut === undefined) continue;
    if (typeof cut === 'string') return { kind: 'opaque', line: 0, because: cut };
    const { name, ...rest } = cut;
    const end = name.lastIndexOf(':');
    entries.push({ certificate: name.slice(0, end), ...rest, line: Number(name.slice(end + 1)) });
  }
  return { kind: 'entries', entries };
}

/** One line that means the same: what two entries are compared by, and what `add` takes. */
export function printEntry({ certificate, options, filters }: CrtEntry): string {
  const texts = options.map(({ keyword, value }) =>
    value === '' ? keyword : `${keyword} ${value}`,
  );
  // Empty brackets set nothing.
  const inBrackets = texts.length === 0 ? [] : [`[${texts.join(' ')}]`];
  return [certificate, ...inBrackets, ...filters].join(' ');
}

/**
 * Entries are added at the end only: the places of those that may stay where they are, so that
 * the rest of `wanted`, added in order behind all, makes it whole once all others are deleted.
 */
export function stayingIn(
  running: readonly string[],
  wanted: readonly string[],
): readonly number[] {
  const staying: number[] = [];
  for (const [at, line] of running.entries()) {
    if (staying.length < wanted.length && line === wanted[staying.length]) staying.push(at);
  }
  return staying;
}

interface CutLine extends Pick<CrtEntry, 'options' | 'filters'> {
  readonly name: string;
}

/** A string says why it cannot be read; undefined: nothing stands in it. */
function cutLine(line: string): CutLine | string | undefined {
  const words = line.match(/[[\]]|[^ \t\v\f\r[\]]+/g) ?? [];
  const [name, ...rest] = words;
  if (name === undefined) return undefined;
  const brackets = [rest.indexOf('['), rest.indexOf(']')] as const;
  if (brackets[0] === -1 && brackets[1] === -1) return { name, options: [], filters: rest };
  const count = words.filter((word) => word === '[' || word === ']').length;
  if (brackets[0] !== 0 || brackets[1] === -1 || count !== 2) {
    return 'the brackets of its options do not stand right behind the certificate';
  }
  const options = optionsIn(rest.slice(1, brackets[1]));
  if (typeof options === 'string') return options;
  return { name, options, filters: rest.slice(brackets[1] + 1) };
}

function optionsIn(words: readonly string[]): readonly CrtOption[] | string {
  const options = new Map<string, string>();
  for (let at = 0; at < words.length; at += 1) {
    const keyword = words[at] ?? '';
    if (FLAGS.has(keyword)) {
      options.set(keyword, '');
      continue;
    }
    if (!VALUED.has(keyword)) return `"${keyword}" is not shown by HAProxy as it was written`;
    at += 1;
    const value = words[at];
    if (value === undefined) return `"${keyword}" has no value`;
    if (FILES.has(keyword) && !value.startsWith('/')) {
      return `the file of "${keyword}" is not written with its whole path`;
    }
    options.set(keyword, value);
  }
  return [...options]
    .map(([keyword, value]) => ({ keyword, value }))
    .toSorted((a, b) => (a.keyword < b.keyword ? -1 : 1));
}

const FLAGS: ReadonlySet<string> = new Set(['allow-0rtt', 'no-ca-names']);
/** Options that name a file. */
export const FILES: ReadonlySet<string> = new Set(['ca-file', 'crl-file']);
/**
 * Those that `show ssl crt-list` prints as they were written (dump_crtlist_sslconf of 2.6): it has
 * no `ca-verify-file`, and `npn` in another form.
 */
const VALUED: ReadonlySet<string> = new Set([
  ...FILES,
  'alpn',
  'ciphers',
  'ciphersuites',
  'curves',
  'ecdhe',
  'ssl-max-ver',
  'ssl-min-ver',
  'verify',
]);
