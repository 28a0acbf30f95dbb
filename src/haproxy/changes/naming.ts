import type { Config } from '../config/resolve.js';
import { partsOf, type Part } from './units.js';

/**
 * The same configuration without the sections that name no file for certain, so that the words of
 * a large one need not be cut: a look at the bytes is much cheaper.
 */
export function onlyNaming(config: Config): Config {
  const parts = partsOf(config).filter((part) => part.section.kind === 'global' || mayName(part));
  return { ...config, sections: parts.map(({ section }) => section) };
}

/** Every keyword behind which referencesOf finds a path. */
const KEYWORD =
  /-f|file|crt|crl|map|lua|state|ca-|keys|spoe|command|chain|engine|load|(?:add|del)-acl|key |issuer|ocsp|sctl|\\x/;
const QUOTING = /["']|\\(?!x)/;
const ALL_QUOTING = /["']|\\(?!x)/g;

function mayName({ all, from, to }: Part): boolean {
  for (let at = from; at < to; at += 1) {
    const text = all[at]?.text ?? '';
    // Quotes inside a keyword do not hide it from HAProxy.
    if (KEYWORD.test(QUOTING.test(text) ? text.replaceAll(ALL_QUOTING, '') : text)) return true;
  }
  return false;
}
