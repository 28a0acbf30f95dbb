import type { Document } from '../haproxy/config/document.js';
import { setServer } from '../haproxy/config/edit-server.js';
import { setStatement } from '../haproxy/config/edit-statement.js';
import { resolve } from '../haproxy/config/resolve.js';
import { serversOf, settingOf } from '../haproxy/config/servers.js';
import type { ServerName } from '../haproxy/runtime/change.js';
import type { FileEdit } from '../reload/request.js';

export type Editing = (documents: readonly Document[]) => readonly FileEdit[];

/** Names here are as the user wrote them. */
export function settingEdit(name: ServerName, keyword: string, args: readonly string[]): Editing {
  return (documents) => fileEdits(setServer(documents, { ...name, settings: { [keyword]: args } }));
}

export function addressEdit(name: ServerName, address: string): Editing {
  return (documents) => fileEdits(setServer(documents, { ...name, address }));
}

/** Where a `default-server` line says "disabled", the server itself has to say "enabled". */
export function stateEdit(name: ServerName, state: 'ready' | 'drain' | 'maint'): Editing {
  return (documents) => {
    if (state === 'maint') {
      return fileEdits(setServer(documents, { ...name, settings: { disabled: [] } }));
    }
    const edit = setServer(documents, { ...name, settings: { disabled: null } });
    if (!isDisabled(edit.documents, name)) return fileEdits(edit);
    return fileEdits(setServer(documents, { ...name, settings: { enabled: [] } }));
  };
}

export function frontendMaxconnEdit(name: string, maxconn: string): Editing {
  return (documents) => {
    const { proxies } = resolve(documents);
    const listens = proxies.some((proxy) => proxy.kind === 'listen' && proxy.name === name);
    const section = { kind: listens ? 'listen' : 'frontend', name };
    return fileEdits(setStatement(documents, { section, keyword: 'maxconn', words: [maxconn] }));
  };
}

function isDisabled(documents: readonly Document[], { backend, server }: ServerName): boolean {
  return resolve(documents).proxies.some(
    (proxy) =>
      proxy.name === backend &&
      proxy.kind !== 'frontend' &&
      serversOf(proxy).some(
        (one) => one.name === server && settingOf(one, 'disabled') !== undefined,
      ),
  );
}

/** One for each file that differs. */
export function fileEdits(edit: ReturnType<typeof setServer>): readonly FileEdit[] {
  if (edit.kind === 'unchanged') return [];
  const files = [...new Set(edit.changes.map(({ file }) => file))];
  return files.map((file) => {
    const document = edit.documents.find((candidate) => candidate.file === file);
    if (document === undefined) throw new TypeError(`the edit names ${file}, which was not given`);
    const own = edit.changes.filter((change) => change.file === file);
    const texts = own.map(
      ({ line, before, after }) => `line ${line}: ${before.trim()} → ${after.trim()}`,
    );
    return { file, document, summary: texts.join('; ') };
  });
}
