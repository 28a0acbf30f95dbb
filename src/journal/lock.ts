import { EXIT, HitlessError, messageOf, refused } from '../error.js';
import type { Host, ProcessId } from '../host/host.js';
import { removeTorn } from '../host/torn.js';

export interface Lock {
  /** Only the first call counts: by the next one the lock may be somebody else's. */
  readonly release: () => Promise<void>;
}

interface Owner extends ProcessId {
  readonly bootId: string;
}

/**
 * Takes a lock that ends with its owner: a file with the owner's pid and start time, so that one
 * left by a killed process, or from before a reboot, counts as free.
 *
 * @throws HitlessError `locked` (exit 75), `journal-unwritable`
 */
export async function takeLock(host: Host, stateDir: string, name: string): Promise<Lock> {
  const path = lockPath(stateDir, name);
  const mine = JSON.stringify({ ...host.self, bootId: await host.kernel.bootId() });
  if (await create(host, path, mine)) return held(host, path);
  const owner = await lockOwner(host, stateDir, name);
  if (owner !== undefined) throw locked(owner, path);
  await setAside(host, stateDir, name);
  if (await create(host, path, mine)) return held(host, path);
  throw locked(await lockOwner(host, stateDir, name), path);
}

/** Removes the locks of processes that were killed; they count as free anyway. */
export async function removeLeftLocks(host: Host, stateDir: string): Promise<void> {
  for (const name of await host.files.list(`${stateDir}/locks`)) {
    const [, whole] = BEING_WRITTEN.exec(name) ?? [];
    if (whole !== undefined) await removeTorn(host, lockPath(stateDir, whole));
    else if ((await lockOwner(host, stateDir, name)) === undefined)
      await setAside(host, stateDir, name);
  }
}

const BEING_WRITTEN = /^(.*)\.hitless-\d+$/;

function held(host: Host, path: string): Lock {
  let released = false;
  return {
    release: async () => {
      if (released) return;
      released = true;
      // One that cannot be removed ends with this process all the same.
      await host.files.remove(path).catch(() => undefined);
    },
  };
}

/** The living process that holds the lock. */
export async function lockOwner(
  host: Host,
  stateDir: string,
  name: string,
): Promise<ProcessId | undefined> {
  return await livingOwner(host, lockPath(stateDir, name));
}

async function livingOwner(host: Host, path: string): Promise<ProcessId | undefined> {
  const text = (await host.files.read(path))?.toString('utf8');
  const owner = parseOwner(text);
  if (owner === undefined || owner.bootId !== (await host.kernel.bootId())) return undefined;
  return (await host.processes.isAlive(owner)) ? owner : undefined;
}

/**
 * Another process may have done the same and taken the lock since we looked: what was set aside
 * is looked at once more, and put back when its owner lives.
 */
async function setAside(host: Host, stateDir: string, name: string): Promise<void> {
  const path = lockPath(stateDir, name);
  const aside = `${path}.left-${host.self.pid}`;
  await host.files.moveOver(path, aside);
  if ((await livingOwner(host, aside)) !== undefined) await host.files.moveOver(aside, path);
  await host.files.remove(aside);
}

async function create(host: Host, path: string, content: string): Promise<boolean> {
  try {
    return await host.files.create(path, content);
  } catch (cause) {
    throw refused('journal-unwritable', `cannot write ${path}: ${messageOf(cause)}`, {
      subject: path,
      hint: 'run hitless as root, free some space, or name another folder with --state-dir',
      cause,
    });
  }
}

function parseOwner(text: string | undefined): Owner | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Owner);
  } catch {
    // Cut off by a crash: its owner is gone.
    return undefined;
  }
}

function locked(owner: ProcessId | undefined, path: string): HitlessError {
  const who = owner === undefined ? 'another run' : `another run (pid ${owner.pid})`;
  return new HitlessError('locked', EXIT.locked, `${who} is reloading here`, {
    subject: path,
    hint: 'wait until it has finished, or say --wait-lock 30s',
  });
}

function lockPath(stateDir: string, name: string): string {
  return `${stateDir}/locks/${name}`;
}
