import { ownersOf } from '../host/family.js';
import type { Host, ProcessInfo } from '../host/host.js';
import { placedAt, type Door } from '../host/nft-flip.js';
import { removeTorn } from '../host/torn.js';
import type { StepContext } from './definition.js';
import { flipElements } from './flip-elements.js';
import { suffixOf } from './instance-name.js';
import { spareLink } from './spare-link.js';

/**
 * The names by which others know a service, whichever instance serves it. That is asked of the map
 * and not known beforehand: old instances do not end in the order in which they were replaced, and
 * by now another flip may have come, or been taken back.
 */
export interface PublicNames {
  /** The first one gives all of an instance's files their name. */
  readonly doors: readonly Door[];
  /** Unix sockets, as the user's configuration names them. */
  readonly sockets: readonly string[];
  readonly pidFile: string | null;
}

export function namesText({ sockets, pidFile }: PublicNames): string {
  return [...sockets, ...(pidFile === null ? [] : [pidFile])].join(', ');
}

/** Has them lead to the instance that serves; leaves them as they are when the map leads nowhere. */
export async function publishNames(names: PublicNames, context: StepContext): Promise<void> {
  if (namesText(names) === '') return;
  const serving = await servingNow(names, context.host);
  if (serving === undefined) return;
  for (const path of names.sockets) {
    await relink(`${path}${suffixOf(serving.port)}`, path, context);
  }
  if (names.pidFile === null) return;
  await removeTorn(context.host, names.pidFile);
  const content = Buffer.from(`${serving.process.pid}\n`);
  await context.host.files.replace(names.pidFile, content, PID_FILE_MODE);
}

const PID_FILE_MODE = 0o644;

async function servingNow(
  { doors }: PublicNames,
  host: Host,
): Promise<{ readonly port: number; readonly process: ProcessInfo } | undefined> {
  const elements = (await flipElements(host, null)) ?? [];
  const port = doors.map((door) => placedAt(elements, door)).find((placed) => placed !== null);
  if (port === undefined || port === null) return undefined;
  const inodes = (await host.sockets.listeners(host.self.pid))
    .filter(({ family, local }) => family !== 'unix' && local.endsWith(`:${port}`))
    .map(({ inode }) => inode);
  const [process] = await ownersOf(host, inodes);
  return process === undefined ? undefined : { port, process };
}

async function relink(from: string, to: string, context: StepContext): Promise<void> {
  const { host } = context;
  if ((await host.files.info(from)) === undefined) return;
  const second = spareLink(to, context);
  await host.files.link(from, second);
  await host.files.moveOver(second, to);
  // rename(2) does nothing where both are names of one socket already.
  await host.files.remove(second);
}
