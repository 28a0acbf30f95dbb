import type { RuntimeReading } from '../runtime/reading.js';
import { differencesIn } from '../state/entry-differences.js';
import type { Drift } from './drift.js';

/** Maps, ACLs and certificates that hold something else than their files did. */
export function entryDrift({ entries, certificates }: RuntimeReading): readonly Drift[] {
  return [...entries.flatMap(listDrift), ...certificates.flatMap(certificateDrift)];
}

function listDrift(loaded: RuntimeReading['entries'][number]): readonly Drift[] {
  const { kind, name, file } = loaded;
  // What was set and what was edited cannot be told apart.
  if (file.edited) return [];
  return differencesIn(loaded).map((one) => ({
    kind: `${kind}-entry`,
    subject: `${kind} ${name}`,
    detail: one.key,
    running: one.running,
    files: one.files,
    place: one.line === null ? null : { file: name, line: one.line },
  }));
}

const DETAIL = { certificate: 'SHA-1', 'ca-file': 'SHA-1', 'crl-file': 'lists' } as const;

/** Without a value on one side there is nothing to compare: HAProxy does not show it, or cannot. */
function certificateDrift({
  kind,
  name,
  running,
  files,
}: RuntimeReading['certificates'][number]): readonly Drift[] {
  if (running === '' || files === '' || running === files) return [];
  const place = { file: name, line: 1 };
  return [{ kind, subject: `${kind} ${name}`, detail: DETAIL[kind], running, files, place }];
}
