import { isAbsolute, join } from 'node:path';
import { refused } from '../error.js';
import type { Host } from '../host/host.js';
import { parse, type Document } from './config/document.js';

/** A configuration file as it is on disk now. */
export interface ConfigFile {
  /** As HAProxy is told it: absolute, or relative to its working directory. */
  readonly path: string;
  readonly absolutePath: string;
  readonly content: Buffer;
  readonly document: Document;
  readonly modifiedMs: number;
}

/**
 * Reads what `-f` names in HAProxy's own order: of a folder the visible files that end in `.cfg`,
 * in byte order (management.txt, section 3, `-f`).
 *
 * @throws HitlessError `config-unreadable`
 */
export async function readConfigFiles(
  host: Host,
  names: readonly string[],
  cwd: string,
): Promise<readonly ConfigFile[]> {
  const paths = await Promise.all(names.map(async (name) => await expand(host, name, cwd)));
  return await Promise.all(paths.flat().map(async (path) => await readOne(host, path, cwd)));
}

/** Written before that moment: a process that started then has read just these. */
export function areOlder(files: readonly ConfigFile[], thanMs: number): boolean {
  return files.every(({ modifiedMs }) => modifiedMs < thanMs);
}

async function expand(host: Host, name: string, cwd: string): Promise<readonly string[]> {
  const info = await host.files.info(absolute(name, cwd)).catch(unreadable(name));
  if (info === undefined) throw missing(name);
  if (!info.directory) return [name];
  const entries = await host.files.list(absolute(name, cwd)).catch(unreadable(name));
  const paths = entries
    .filter((entry) => entry.endsWith('.cfg') && !entry.startsWith('.'))
    .map((entry) => join(name, entry));
  const infos = await Promise.all(
    paths.map(async (path) => await host.files.info(absolute(path, cwd)).catch(unreadable(path))),
  );
  return paths.filter((path, at) => {
    const found = infos[at];
    // A link that leads nowhere, or a file that has just gone: HAProxy does not start with it.
    if (found === undefined) throw missing(path);
    return !found.directory;
  });
}

async function readOne(host: Host, path: string, cwd: string): Promise<ConfigFile> {
  const absolutePath = absolute(path, cwd);
  const content = await host.files.read(absolutePath).catch(unreadable(path));
  const info = await host.files.info(absolutePath).catch(unreadable(path));
  if (content === undefined || info === undefined) throw missing(path);
  const document = parse(path, content);
  return { path, absolutePath, content, document, modifiedMs: info.modifiedMs };
}

function absolute(path: string, cwd: string): string {
  return isAbsolute(path) ? path : join(cwd, path);
}

function missing(path: string): Error {
  return refused('config-unreadable', `${path}: there is no such file or folder`, {
    subject: path,
    hint: 'name the configuration with -f FILE',
  });
}

function unreadable(path: string): (cause: NodeJS.ErrnoException) => never {
  return (cause) => {
    throw refused('config-unreadable', `${path}: cannot be read (${cause.code ?? cause.message})`, {
      subject: path,
      hint: 'run hitless as root, or as the user who started HAProxy',
      cause,
    });
  };
}
