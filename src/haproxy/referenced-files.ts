import { basename, dirname, isAbsolute, join } from 'node:path';
import type { Host } from '../host/host.js';
import { sha256 } from '../host/sha256.js';
import type { ReferencedFile, ReferencedFiles, ReferencedKind } from './changes/referenced.js';
import { onlyNaming } from './changes/naming.js';
import { decode } from './config/document.js';
import type { Config } from './config/resolve.js';
import { referencesOf, type Reference } from './config/references.js';
import { wordsOf } from './config/sections.js';

/** Of a kept copy: larger files are known by their digest alone. */
const KEPT_MAX_BYTES = 1_048_576;
const WITH_CONTENT: ReadonlySet<ReferencedKind> = new Set([
  'certificate',
  'ca-file',
  'crl-file',
  'map',
  'acl',
  'crt-list',
]);

/**
 * Reads every file that the configuration names, as it is on disk now. HAProxy reads them before
 * it calls chroot. What cannot be read is `unreadable`: that is no error here.
 */
export async function readReferenced(
  host: Host,
  config: Config,
  cwd: string,
): Promise<ReferencedFiles> {
  return await walk(host, config, cwd, async (look) => await readOne(host, look));
}

/** A file that the configuration names, and how to know it again. */
export type SeenFile =
  /** It is the same as long as it shows this version. */
  | { readonly name: string; readonly version: string; readonly sha256: null }
  /** Only its content tells. */
  | { readonly name: string; readonly version: null; readonly sha256: string };

/** So young a version may stand for two contents: clocks of file systems have ticks of up to 2 s. */
const SETTLED_MS = 3_000;

/**
 * The same files without reading them, wherever that is enough to see later that none has changed
 * in between.
 */
export async function lookAtReferenced(
  host: Host,
  config: Config,
  cwd: string,
): Promise<readonly SeenFile[]> {
  const versions = new Map<string, string>();
  const files = await walk(host, config, cwd, async (look) => {
    const info = await host.files.info(look.path).catch(() => undefined);
    const settled = info !== undefined && info.changedMs < host.clock.now() - SETTLED_MS;
    // What a crt-list names is to be looked at too.
    if (!settled || look.kinds.includes('crt-list')) return await readOne(host, look);
    versions.set(look.name, info.version);
    return { name: look.name, kinds: look.kinds, sha256: '', text: undefined };
  });
  return [...files.values()].map(({ name, sha256: content }): SeenFile => {
    const version = versions.get(name);
    return version === undefined
      ? { name, version: null, sha256: content }
      : { name, version, sha256: null };
  });
}

/** One file to be read or looked at. */
interface Look {
  readonly name: string;
  readonly path: string;
  readonly kinds: readonly ReferencedKind[];
}

type Reader = (look: Look) => Promise<ReferencedFile>;

async function walk(
  host: Host,
  config: Config,
  cwd: string,
  read: Reader,
): Promise<ReferencedFiles> {
  const found = new Map<string, ReferencedFile>();
  const queue = uses(config);
  const beside = besideIn(host);

  for (const [name, kinds] of queue) {
    const path = isAbsolute(name) ? name : join(cwd, name);
    for (const file of await readNamed(host, { name, path, kinds }, read, beside)) {
      found.set(file.name, file);
      if (!file.kinds.includes('crt-list') || file.text === undefined) continue;
      for (const listed of certificatesIn(file.text, config)) {
        if (!queue.has(listed)) queue.set(listed, ['certificate']);
      }
    }
  }
  return found;
}

/** Kinds by name, in the order of the files. A map: what a crt-list names is added on the way. */
function uses(config: Config): Map<string, ReferencedKind[]> {
  const all = new Map<string, ReferencedKind[]>();
  // There certificates have names and parts of their own.
  const stores = config.sections.some(({ kind }) => kind === 'crt-store');
  for (const reference of referencesOf(onlyNaming(config))) {
    // HAProxy reads such a file for the state of servers, and others write it all the time.
    if (isPlaceholder(reference.path) || reference.kind === 'server-state') continue;
    const kind = kindOf(reference, stores);
    const name = decode(join(reference.base ?? '', reference.path));
    const kinds = all.get(name) ?? [];
    if (!kinds.includes(kind)) all.set(name, [...kinds, kind]);
  }
  return all;
}

/** Not a file, or one whose name is not known: a variable, a virtual map. */
function isPlaceholder(path: string): boolean {
  return path.includes('$') || /^(virt|opt)@/.test(path);
}

function kindOf({ kind }: Reference, stores: boolean): ReferencedKind {
  switch (kind) {
    case 'certificate':
      return stores ? 'other' : 'certificate';
    case 'ca-file':
    case 'crl-file':
    case 'crt-list':
    case 'map':
    case 'acl':
      return kind;
    default:
      return 'other';
  }
}

/** Parts of a certificate that stand in files of their own (configuration.txt, "crt"). */
const BESIDE = ['key', 'ocsp', 'issuer', 'sctl', 'rsa', 'ecdsa', 'dsa'];

function certificatesIn(text: string, config: Config): readonly string[] {
  const base = config.sections
    .filter(({ kind }) => kind === 'global')
    .flatMap(({ statements }) => statements)
    .find(({ keyword }) => keyword === 'crt-base');
  const folder = base === undefined ? '' : (wordsOf(base)[1]?.value ?? '');
  return text.split('\n').flatMap((line) => {
    const path = line.trim().split(/\s+/)[0] ?? '';
    if (path === '' || path.startsWith('#')) return [];
    return [isAbsolute(path) ? path : join(folder, path)];
  });
}

type Beside = (path: string) => Promise<readonly string[]>;

/** Endings of the files that stand beside a certificate. A folder is listed once for all in it. */
function besideIn(host: Host): Beside {
  const folders = new Map<string, Promise<ReadonlySet<string> | undefined>>();
  return async (path) => {
    const folder = dirname(path);
    const listed =
      folders.get(folder) ??
      host.files.list(folder).then(
        (names) => new Set(names),
        // Who may not list a folder may still read what is in it.
        () => undefined,
      );
    folders.set(folder, listed);
    const names = await listed;
    return BESIDE.filter((ending) => names?.has(`${basename(path)}.${ending}`) !== false);
  };
}

async function readNamed(
  host: Host,
  look: Look,
  read: Reader,
  beside: Beside,
): Promise<readonly ReferencedFile[]> {
  const { name, path, kinds } = look;
  const info = await host.files.info(path).catch(() => undefined);
  if (info?.directory === true) return await readFolder(host, look, read);
  const file = await read(look);
  if (!kinds.includes('certificate')) return [file];
  const others: ReferencedFile[] = [];
  for (const ending of await beside(path)) {
    others.push(
      await read({ name: `${name}.${ending}`, path: `${path}.${ending}`, kinds: ['other'] }),
    );
  }
  return [file, ...others.filter((one) => one.sha256 !== 'absent')];
}

async function readFolder(
  host: Host,
  { name, path, kinds }: Look,
  read: Reader,
): Promise<readonly ReferencedFile[]> {
  const entries = await host.files.list(path).catch((): readonly string[] => []);
  const files = await Promise.all(
    entries
      .filter((entry) => !entry.startsWith('.'))
      .map(
        async (entry) => await read({ name: join(name, entry), path: join(path, entry), kinds }),
      ),
  );
  // That a file comes or goes is a change of the folder.
  const listing: ReferencedFile = {
    name,
    kinds: ['other'],
    sha256: await sha256(Buffer.from(entries.join('\n'))),
    text: undefined,
  };
  return [listing, ...files];
}

async function readOne(host: Host, { name, path, kinds }: Look): Promise<ReferencedFile> {
  try {
    const content = await host.files.read(path);
    if (content === undefined) return { name, kinds, sha256: 'absent', text: undefined };
    const keep = content.length <= KEPT_MAX_BYTES && kinds.every((kind) => WITH_CONTENT.has(kind));
    const text = keep ? content.toString('latin1') : undefined;
    return { name, kinds, sha256: await sha256(content), text };
  } catch {
    return { name, kinds, sha256: 'unreadable', text: undefined };
  }
}
