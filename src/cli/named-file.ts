import { resolve } from 'node:path';
import { refused } from '../error.js';
import type { Host } from '../host/host.js';

/** What the user has named on the command line. @throws HitlessError `config-unreadable` */
export async function readNamedFile(host: Host, path: string, hint: string): Promise<Buffer> {
  const unreadable = (why: string): Error =>
    refused('config-unreadable', `${path}: cannot be read (${why})`, { subject: path, hint });
  const content = await host.files.read(resolve(path)).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(cause.code ?? cause.message);
  });
  if (content === undefined) throw unreadable('there is no such file');
  return content;
}
