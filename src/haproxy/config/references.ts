import type { Config, Place } from './resolve.js';
import { wordsOf } from './sections.js';

export interface Reference extends Place {
  readonly kind: 'certificate' | 'ca-file' | 'crl-file' | 'crt-list' | 'map' | 'acl' | 'errorfile' | 'lua' | 'server-state' | 'other';
  readonly path: string;
  readonly folder: boolean;
}

const KINDS: Readonly<Record<string, Reference['kind']>> = {
  crt: 'certificate', 'ca-file': 'ca-file', 'crl-file': 'crl-file', 'crt-list': 'crt-list', 'lua-load': 'lua',
};

export function referencesOf(config: Config): readonly Reference[] {
  const found: Reference[] = [];
  for (const section of config.sections) {
    for (const statement of section.statements) {
      const words = wordsOf(statement);
      for (const [at, { value }] of words.entries()) {
        const place = { file: section.file, line: statement.line.number, folder: false };
        const next = words[at + 1]?.value;
        const kind = Object.hasOwn(KINDS, value) ? KINDS[value] : undefined;
        if (kind !== undefined && next !== undefined) found.push({ kind, path: next, ...place });
        if (value === '-f' && next !== undefined) found.push({ kind: 'acl', path: next, ...place });
        const map = /map(?:_[a-z]+)*\(([^,)]+)/.exec(value)?.[1];
        if (map !== undefined) found.push({ kind: 'map', path: map, ...place });
      }
    }
  }
  return found;
}
