import { indexesMatching, type Document } from '../config/document.js';
import type { Config } from '../config/resolve.js';

/**
 * The same configuration without the sections that name no file for certain, so that the words of
 * a large one need not be cut: a look at the bytes is much cheaper.
 */
export function onlyNaming({ documents, sections }: Config): Pick<Config, 'sections'> {
  const naming = new Map(documents.map((document) => [document, namingIn(document)]));
  return {
    sections: sections.filter(
      ({ kind, document, start, end }) =>
        kind === 'global' || naming.get(document)?.subarray(start, end).includes(1) !== false,
    ),
  };
}

/** 1 for each line that may name a file. */
function namingIn(document: Document): Uint8Array {
  const naming = new Uint8Array(document.lineCount);
  for (const pattern of [KEYWORD, BROKEN]) {
    for (const at of indexesMatching(document, pattern)) naming[at] = 1;
  }
  return naming;
}

/** Every keyword behind which referencesOf finds a path. An escape by number may be any letter. */
const KEYWORD =
  /-f|file|crt|crl|map|lua|state|ca-|keys|spoe|command|chain|engine|load|(?:add|del)-acl|key |issuer|ocsp|sctl|\\x/g;
/** Quotes and escapes inside a keyword do not hide it from HAProxy. */
const BROKEN = /["'\\](?:(?<=[a-z-].)["'\\]*[a-z-]|(?<=y.)["'\\]* )/g;
