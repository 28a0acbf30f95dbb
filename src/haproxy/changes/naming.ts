import { linesMatching, type Document } from '../config/document.js';
import type { Config } from '../config/resolve.js';
import { partsOf } from './units.js';

/**
 * The same configuration without the sections that name no file for certain, so that the words of
 * a large one need not be cut: a look at the bytes is much cheaper.
 */
export function onlyNaming(config: Config): Config {
  const naming = new Map(config.documents.map((document) => [document, namingIn(document)]));
  const parts = partsOf(config).filter(
    ({ section, document, from, to }) =>
      section.kind === 'global' || naming.get(document)?.subarray(from, to).includes(1) !== false,
  );
  return { ...config, sections: parts.map(({ section }) => section) };
}

/** 1 for each line that may name a file. */
function namingIn(document: Document): Uint8Array {
  const naming = new Uint8Array(document.lineCount);
  for (const { number } of linesMatching(document, NAMING)) naming[number - 1] = 1;
  return naming;
}

/** Every keyword behind which referencesOf finds a path. */
const KEYWORDS: readonly string[] = [
  '-f',
  'file',
  'crt',
  'crl',
  'map',
  'lua',
  'state',
  'ca-',
  'keys',
  'spoe',
  'command',
  'chain',
  'engine',
  'load',
  'add-acl',
  'del-acl',
  'key ',
  'issuer',
  'ocsp',
  'sctl',
];
/** Quotes and escapes inside a keyword do not hide it from HAProxy. */
const QUOTING = `["'\\\\]*`;
/** An escape by number may be any letter. */
const BY_NUMBER = String.raw`\\x`;
const NAMING = new RegExp(
  [...KEYWORDS.map((word) => [...word].join(QUOTING)), BY_NUMBER].join('|'),
  'g',
);
