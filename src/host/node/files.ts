import {
  chmod,
  chown,
  link as hardLink,
  mkdir,
  open,
  readFile,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FileInfo, Files } from '../host.js';

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
  return await absentAsUndefined(readFile(path));
}

async function info(path: string): Promise<FileInfo | undefined> {
  const seen = await absentAsUndefined(stat(path));
  if (seen === undefined) return undefined;
  return {
    mode: seen.mode & 0o7777,
    uid: seen.uid,
    gid: seen.gid,
    modifiedMs: seen.mtimeMs,
    directory: seen.isDirectory(),
  };
}

async function list(path: string): Promise<readonly string[]> {
  const names = await absentAsUndefined(readdir(path));
  return (names ?? []).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

async function resolve(path: string): Promise<string> {
  return await realpath(path);
}

async function replace(path: string, content: Buffer, mode = PRIVATE_FILE): Promise<void> {
  const target = (await absentAsUndefined(realpath(path))) ?? path;
  const former = await info(target);
  const temporary = `${target}.hitless-${process.pid}`;
  try {
    const file = await open(temporary, 'wx', former?.mode ?? mode);
    try {
      await file.writeFile(content);
      if (former !== undefined) {
        await chown(temporary, former.uid, former.gid);
        await chmod(temporary, former.mode);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(target));
}

async function append(path: string, content: string): Promise<void> {
  const isNew = (await info(path)) === undefined;
  if (isNew) await mkdir(dirname(path), { recursive: true, mode: PRIVATE_FOLDER });
  const file = await open(path, 'a', PRIVATE_FILE);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  if (isNew) await syncFolder(dirname(path));
}

/**
 * By way of link(2), so that nobody ever finds the file without its content: a lock that is being
 * written would look like one that a killed process has left.
 */
async function create(path: string, content: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true, mode: PRIVATE_FOLDER });
  const temporary = `${path}.hitless-${process.pid}`;
  try {
    // Without content there is nothing that could be missing.
    if (content === '') {
      await writeFile(path, '', { flag: 'wx', mode: PRIVATE_FILE });
      return true;
    }
    await writeFile(temporary, content, { mode: PRIVATE_FILE });
    await hardLink(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

const APPENDED_MAX_BYTES = 65_536;

async function appended(
  path: string,
  from: number | null,
): Promise<{ readonly sizeBytes: number; readonly text: string } | undefined> {
  // A pipe would be waited for when it is opened.
  if ((await absentAsUndefined(stat(path)))?.isFile() !== true) return undefined;
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    // Shorter than before: it was emptied or replaced, and all of it is new.
    const start = Math.max(
      from === null ? size : from <= size ? from : 0,
      size - APPENDED_MAX_BYTES,
    );
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(size - start),
      0,
      size - start,
      start,
    );
    return { sizeBytes: size, text: from === null ? '' : buffer.toString('utf8', 0, bytesRead) };
  } finally {
    await file.close();
  }
}

async function remove(path: string): Promise<void> {
  await rm(path, { force: true, recursive: true });
}

async function link(path: string, second: string): Promise<void> {
  await rm(second, { force: true });
  await absentAsUndefined(hardLink(path, second));
}

async function moveOver(from: string, to: string): Promise<void> {
  await absentAsUndefined(rename(from, to));
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function absentAsUndefined<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
