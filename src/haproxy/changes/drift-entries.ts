import type { Entry } from '../runtime/entries.js';
import type { Digests, Drift, RuntimeState } from './drift.js';
import { parseEntries } from './entries.js';
import type { ReferencedFile, ReferencedFiles } from './referenced.js';

/** Maps, ACLs and certificates that hold something else than their files did. */
export function entryDrift(referenced: ReferencedFiles, state: RuntimeState): readonly Drift[] {
  const found: Drift[] = [];
  for (const file of referenced.values()) {
    const [kind, ...more] = file.kinds;
    if (file.text === undefined || more.length > 0) continue;
    switch (kind) {
      case 'map':
        found.push(...between('map', file, state.maps.get(file.name)));
        break;
      case 'acl':
        found.push(...between('acl', file, state.acls.get(file.name)));
        break;
      case 'certificate':
        found.push(...certificateDrift(kind, file, state.certificates.get(file.name)));
        break;
      case 'ca-file':
        found.push(...certificateDrift(kind, file, state.caFiles.get(file.name)));
        break;
      default:
    }
  }
  return found;
}

function between(
  kind: 'map' | 'acl',
  { name, text = '' }: ReferencedFile,
  loaded: readonly Entry[] | undefined,
): readonly Drift[] {
  if (loaded === undefined) return [];
  // The first of several with the same key is the one that counts.
  const files = new Map(
    parseEntries(kind, text)
      .toReversed()
      .map((entry) => [entry.key, entry]),
  );
  const running = new Map(loaded.toReversed().map((entry) => [entry.key, entry]));
  const drift: Drift[] = [];
  const one = (key: string): Drift => {
    const written = files.get(key);
    return {
      kind: `${kind}-entry`,
      subject: `${kind} ${name}`,
      detail: key,
      running: running.get(key)?.value ?? null,
      files: written?.value ?? null,
      place: written === undefined ? null : { file: name, line: written.line },
    };
  };
  for (const [key, { value }] of files) if (running.get(key)?.value !== value) drift.push(one(key));
  for (const key of running.keys()) if (!files.has(key)) drift.push(one(key));
  return drift;
}

function certificateDrift(
  kind: 'certificate' | 'ca-file',
  { name }: ReferencedFile,
  digests: Digests | undefined,
): readonly Drift[] {
  if (digests === undefined) return [];
  const { running, files } = digests;
  if (running === '' || running === files) return [];
  const place = { file: name, line: 1 };
  return [{ kind, subject: `${kind} ${name}`, detail: 'SHA-1', running, files, place }];
}
