import {
  chmodSync,
  chownSync,
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { FileInfo, Files } from '../host.js';

/*
 * Synchronous, as in processes.ts: a reload makes some fifty small calls one after the other, and
 * a thread pool round trip for each would cost more than the calls.
 */

export const files: Files = {
  read,
  info,
  list,
  resolve,
  replace,
  append,
  create,
  appended,
  remove,
  link,
  moveOver,
};

const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

async function read(path: string): Promise<Buffer | undefined> {
  return absentAsUndefined(() => readFileSync(path));
}

async function info(path: string): Promise<FileInfo | undefined> {
  return infoOf(path);
}

function infoOf(path: string): FileInfo | undefined {
  // Times in nanoseconds are to be had as bigints only.
  const seen = absentAsUndefined(() => statSync(path, { bigint: true }));
  if (seen === undefined) return undefined;
  const { dev, ino, size, mtimeNs, ctimeNs } = seen;
  return {
    mode: Number(seen.mode) & 0o7777,
    uid: Number(seen.uid),
    gid: Number(seen.gid),
    modifiedMs: Number(mtimeNs) / 1e6,
    changedMs: Number(ctimeNs) / 1e6,
    version: [dev, ino, size, mtimeNs, ctimeNs].join('-'),
    directory: seen.isDirectory(),
  };
}

async function list(path: string): Promise<readonly string[]> {
  const names = absentAsUndefined(() => readdirSync(path));
  return (names ?? []).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

async function resolve(path: string): Promise<string> {
  return realpathSync(path);
}

async function replace(path: string, content: Buffer, mode = PRIVATE_FILE): Promise<void> {
  const target = absentAsUndefined(() => realpathSync(path)) ?? path;
  const former = infoOf(target);
  const temporary = `${target}.hitless-${process.pid}`;
  try {
    withOpen(temporary, 'wx', former?.mode ?? mode, (file) => {
      writeFileSync(file, content);
      if (former !== undefined) {
        chownSync(temporary, former.uid, former.gid);
        chmodSync(temporary, former.mode);
      }
      fsyncSync(file);
    });
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(dirname(target));
}

async function append(path: string, content: string): Promise<void> {
  const isNew = infoOf(path) === undefined;
  if (isNew) mkdirSync(dirname(path), { recursive: true, mode: PRIVATE_FOLDER });
  withOpen(path, 'a', PRIVATE_FILE, (file) => {
    writeFileSync(file, content);
    fsyncSync(file);
  });
  if (isNew) syncFolder(dirname(path));
}

/**
 * By way of link(2), so that nobody ever finds the file without its content: a lock that is being
 * written would look like one that a killed process has left.
 */
async function create(path: string, content: string): Promise<boolean> {
  mkdirSync(dirname(path), { recursive: true, mode: PRIVATE_FOLDER });
  const temporary = `${path}.hitless-${process.pid}`;
  try {
    // Without content there is nothing that could be missing.
    if (content === '') {
      writeFileSync(path, '', { flag: 'wx', mode: PRIVATE_FILE });
      return true;
    }
    writeFileSync(temporary, content, { mode: PRIVATE_FILE });
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

const APPENDED_MAX_BYTES = 65_536;

async function appended(
  path: string,
  from: number | null,
): Promise<{ readonly sizeBytes: number; readonly text: string } | undefined> {
  // A pipe would be waited for when it is opened.
  if (absentAsUndefined(() => statSync(path))?.isFile() !== true) return undefined;
  return withOpen(path, 'r', 0, (file) => {
    const { size } = fstatSync(file);
    // Shorter than before: it was emptied or replaced, and all of it is new.
    const begin = from === null ? size : from <= size ? from : 0;
    const start = Math.max(begin, size - APPENDED_MAX_BYTES);
    const buffer = Buffer.alloc(size - start);
    const bytes = readSync(file, buffer, 0, buffer.length, start);
    return { sizeBytes: size, text: from === null ? '' : buffer.toString('utf8', 0, bytes) };
  });
}

async function remove(path: string): Promise<void> {
  rmSync(path, { force: true, recursive: true });
}

async function link(path: string, second: string): Promise<void> {
  rmSync(second, { force: true });
  absentAsUndefined(() => linkSync(path, second));
}

async function moveOver(from: string, to: string): Promise<void> {
  absentAsUndefined(() => renameSync(from, to));
}

function syncFolder(path: string): void {
  withOpen(path, 'r', 0, fsyncSync);
}

function withOpen<T>(path: string, flags: string, mode: number, use: (file: number) => T): T {
  const file = openSync(path, flags, mode);
  try {
    return use(file);
  } finally {
    closeSync(file);
  }
}

function absentAsUndefined<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
