import { referencesOf } from '../config/references.js';
import type { Config } from '../config/resolve.js';
import { wordsOf, type Statement } from '../config/sections.js';
import { VARIABLE } from './because.js';
import { onlyNaming } from './naming.js';
import type { ReferencedFiles } from './referenced.js';

/** How the `bind` lines use a crt-list, as far as it matters to what may be changed in it. */
export type CrtListUse =
  | {
      readonly kind: 'clear';
      readonly binds: number;
      /** Its first entry is the first certificate of a line: what is served when no name fits. */
      readonly leads: boolean;
    }
  | { readonly kind: 'unclear'; readonly because: string };

export function useOfCrtList(
  name: string,
  config: Config,
  referenced: ReferencedFiles,
): CrtListUse {
  if (config.sections.some(({ kind }) => kind === 'crt-store')) {
    return unclear('a crt-store gives certificates names and parts of their own');
  }
  const references = referencesOf(onlyNaming(config)).filter(
    ({ kind, path }) => kind === 'crt-list' && path === name,
  );
  if (references.length === 0) return unclear('the configuration does not name it by this path');
  if (references.some(({ conditional }) => conditional)) {
    return unclear('a conditional block decides whether it is used');
  }
  const places = new Set(references.map(({ file, line }) => `${file}:${line}`));
  let leads = false;
  for (const { file, statements } of config.sections) {
    for (const statement of statements) {
      const place = `${file}:${statement.line.number}`;
      if (!places.has(place)) continue;
      const one = useOnLine(name, statement, place, referenced);
      if (typeof one === 'string') return unclear(one);
      leads ||= one.leads;
    }
  }
  return { kind: 'clear', binds: places.size, leads };
}

function unclear(because: string): CrtListUse {
  return { kind: 'unclear', because };
}

function useOnLine(
  name: string,
  statement: Statement,
  place: string,
  referenced: ReferencedFiles,
): { readonly leads: boolean } | string {
  const words = wordsOf(statement);
  if (words.some(({ env }) => env)) return VARIABLE;
  if (statement.keyword !== 'bind') return `it is used by a line other than "bind" (${place})`;
  const certificates = certificatesOn(words.map(({ value }) => value));
  const at = certificates.findIndex(({ value }) => value === name);
  const odd = certificates.some(({ keyword }) => keyword === 'default-crt');
  if (at === -1 || odd) return `it is not known what else the bind line loads (${place})`;
  if (at !== certificates.length - 1) {
    return `other certificates stand behind it on the bind line (${place}), and an entry is added behind all of them`;
  }
  const before = certificates.slice(0, at);
  // A file is a certificate; a folder, or another list, may be empty.
  const others = before.some(
    ({ keyword, value }) => keyword === 'crt' && referenced.get(value)?.text !== undefined,
  );
  return { leads: !others };
}

const CERTIFICATES: ReadonlySet<string> = new Set(['crt', 'crt-list', 'default-crt']);

/** What a bind line loads, in the order in which HAProxy does. */
export function certificatesOn(
  words: readonly string[],
): readonly { readonly keyword: string; readonly value: string }[] {
  return words.flatMap((keyword, at) =>
    CERTIFICATES.has(keyword) && !CERTIFICATES.has(words[at - 1] ?? '')
      ? [{ keyword, value: words[at + 1] ?? '' }]
      : [],
  );
}
