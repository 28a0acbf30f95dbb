import type { ReferenceKind } from '../config/references.js';
import type { Config } from '../config/resolve.js';
import type { ConfigChange } from '../runtime/change.js';
import { whyNotAtRuntime } from '../runtime/availability.js';
import { crtListChange, type ReferencedSides } from './crt-lists.js';
import { entryChanges } from './entries.js';

export type ReferencedKind = Exclude<ReferenceKind, 'errorfile' | 'lua' | 'server-state'>;

/** A file that the configuration names, as HAProxy has read it or would read it. */
export interface ReferencedFile {
  /** The name by which HAProxy knows it: as written, behind `crt-base` or `ca-base`. */
  readonly name: string;
  /** All uses: the same file may be a map and a list of an ACL. */
  readonly kinds: readonly ReferencedKind[];
  /** Hex; `absent`, `unreadable`, `unknown` (changed since the process has read it). */
  readonly sha256: string;
  /** latin1; undefined where it was not kept, for its kind or its size. */
  readonly text: string | undefined;
}

export type ReferencedFiles = ReadonlyMap<string, ReferencedFile>;

/** Files of the same name whose content differs; those of one side only come with their lines. */
export function compareReferenced(
  before: ReferencedFiles,
  after: ReferencedFiles,
  config: Config,
  version: string,
): readonly ConfigChange[] {
  const changes: ConfigChange[] = [];
  for (const [name, now] of after) {
    const old = before.get(name);
    if (old === undefined || (old.sha256 === now.sha256 && isKnown(now))) continue;
    changes.push(changeOf(old, now, { before, after }, config, version));
  }
  return changes;
}

function isKnown({ sha256 }: ReferencedFile): boolean {
  return sha256 !== 'unreadable' && sha256 !== 'unknown';
}

function changeOf(
  old: ReferencedFile,
  now: ReferencedFile,
  sides: ReferencedSides,
  config: Config,
  version: string,
): ConfigChange {
  const [before, after] = firstOther(old, now);
  const by = byOf(old, now, sides, config);
  const refusal =
    by.kind === 'runtime'
      ? by.changes
          .map((change) => whyNotAtRuntime(change, version))
          .find((why) => why !== undefined)
      : undefined;
  return {
    sign: '~',
    subject: `${now.kinds[0] ?? 'file'} ${now.name}`,
    before,
    after,
    by: refusal === undefined ? by : { kind: 'reload', because: refusal },
  };
}

/** Never shown: the lines of what may hold a private key. */
const SECRET: ReadonlySet<ReferencedKind> = new Set([
  'certificate',
  'ca-file',
  'crl-file',
  'other',
]);

function firstOther(
  old: ReferencedFile,
  now: ReferencedFile,
): readonly [ConfigChange['before'], ConfigChange['after']] {
  const shownAt = (text: string, line: number): ConfigChange['before'] => ({
    text,
    place: { file: now.name, line },
  });
  const hidden = now.kinds.some((kind) => SECRET.has(kind));
  if (hidden || old.text === undefined || now.text === undefined) {
    return [shownAt(digestOf(old), 1), shownAt(digestOf(now), 1)];
  }
  const [lines, others] = [old.text.split(/\r?\n/), now.text.split(/\r?\n/)];
  let at = 0;
  while (at < Math.max(lines.length, others.length) && lines[at] === others[at]) at += 1;
  const side = (line: string | undefined): ConfigChange['before'] =>
    line === undefined ? null : shownAt(line.trim(), at + 1);
  return [side(lines[at]), side(others[at])];
}

/** Hex digits of a digest that people compare. */
const DIGITS_SHOWN = 12;

function digestOf({ sha256 }: ReferencedFile): string {
  return /^[0-9a-f]{64}$/.test(sha256) ? `sha256 ${sha256.slice(0, DIGITS_SHOWN)}` : sha256;
}

function byOf(
  old: ReferencedFile,
  now: ReferencedFile,
  sides: ReferencedSides,
  config: Config,
): ConfigChange['by'] {
  const [kind, ...more] = now.kinds;
  if (now.sha256 === 'unreadable')
    return {
      kind: 'reload',
      because: 'the file cannot be read, so that nothing shows it to be the same',
    };
  if (old.sha256 === 'unknown')
    return {
      kind: 'reload',
      because: 'the file has changed since HAProxy has read it, and what it has read is not known',
    };
  if (more.length > 0) return { kind: 'reload', because: 'the file is used in several ways' };
  if (old.text === undefined || now.text === undefined) {
    return { kind: 'reload', because: whyReloadFile(kind, old, now) };
  }
  switch (kind) {
    case 'map':
    case 'acl':
      return entryChanges(kind, now.name, [old.text, now.text], config);
    case 'crt-list':
      return crtListChange(old, now.text, sides, config);
    case 'certificate':
      if (!now.text.includes('PRIVATE KEY-----')) {
        return { kind: 'reload', because: 'its key stands in another file' };
      }
      return certificateChange(kind, now.name, old.text, now.text);
    case 'ca-file':
    case 'crl-file':
      return certificateChange(kind, now.name, old.text, now.text);
    default:
      return { kind: 'reload', because: whyReloadFile(kind, old, now) };
  }
}

function certificateChange(
  kind: 'certificate' | 'ca-file' | 'crl-file',
  path: string,
  before: string,
  after: string,
): ConfigChange['by'] {
  return { kind: 'runtime', changes: [{ kind, path, before, after }] };
}

function whyReloadFile(
  kind: ReferencedKind | undefined,
  old: ReferencedFile,
  now: ReferencedFile,
): string {
  if (old.sha256 === 'absent' || now.sha256 === 'absent')
    return 'files are found when HAProxy starts';
  if (kind === 'other' || kind === undefined) return 'HAProxy reads this file only when it starts';
  return 'the former content was not kept, so that it could not be put back';
}
