import { isAbsolute, join } from 'node:path';
import type { Globals } from '../config/globals.js';
import { find, type Proxy } from '../config/resolve.js';
import { wordsOf } from '../config/sections.js';

/**
 * The file from which HAProxy takes the states of a backend's servers when it starts
 * (configuration.txt, `load-server-state-from-file`); undefined when it does not, or when only
 * HAProxy knows whether it does. Pure.
 */
export function stateFileOf(globals: Globals, proxy: Proxy, cwd: string): string | undefined {
  const { serverStateFile, serverStateBase } = globals;
  const found = find(proxy, ({ keyword }) => keyword === 'load-server-state-from-file');
  if (found === undefined || found.conditional || found.statement.modifier !== '') return undefined;
  const mode = wordsOf(found.statement)[1]?.value;
  const name = mode === 'global' ? serverStateFile?.value : localName(proxy, mode);
  if (name === undefined || name.includes('$')) return undefined;
  const base = serverStateBase?.value ?? '';
  const path = isAbsolute(name) || base === '' ? name : join(base, name);
  return isAbsolute(path) ? path : join(cwd, path);
}

function localName(proxy: Proxy, mode: string | undefined): string | undefined {
  if (mode !== 'local') return undefined;
  const found = find(proxy, ({ keyword }) => keyword === 'server-state-file-name');
  const name = found === undefined ? undefined : wordsOf(found.statement)[1]?.value;
  return name === undefined || name === 'use-backend-name' ? proxy.name : name;
}
