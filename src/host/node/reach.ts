import { get } from 'node:http';
import { connect } from 'node:net';
import { entryPoint } from '../../entry-points.js';
import type { Reach } from '../host.js';
import { isForeign, runCommand } from './commands.js';

/** In another network namespace a program of ours looks: this process cannot leave its own. */
export async function reach(target: Reach): Promise<string | undefined> {
  const { namespaceOf, ...rest } = target;
  if (namespaceOf === undefined || !isForeign(namespaceOf, 'net')) return await reachHere(rest);
  const program = decodeURIComponent(entryPoint('host/node/reach-main.js').pathname);
  const { code, stdout, stderr } = await runCommand({
    argv: [process.execPath, program, JSON.stringify(rest)],
    namespacesOf: namespaceOf,
  });
  return code === 0 ? undefined : stdout.trim() || stderr.trim();
}

export async function reachHere(target: Reach): Promise<string | undefined> {
  return await (target.httpPath === null ? opens(target) : answers(target, target.httpPath));
}

async function opens({ host, port, timeoutMs }: Reach): Promise<string | undefined> {
  return await new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (seen: string | undefined): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(seen);
    };
    const timer = setTimeout(() => end(`no connection within ${timeoutMs} ms`), timeoutMs);
    socket.once('connect', () => end(undefined));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}

async function answers(
  { host, port, timeoutMs }: Reach,
  path: string,
): Promise<string | undefined> {
  return await new Promise((resolve) => {
    // No agent: its pool would keep the connection, and with it an instance that is to end.
    const request = get({ host, port, path, agent: false });
    const end = (seen: string | undefined): void => {
      clearTimeout(timer);
      request.destroy();
      resolve(seen);
    };
    const timer = setTimeout(() => end(`no answer within ${timeoutMs} ms`), timeoutMs);
    request.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    request.once('response', (response) => {
      const { statusCode = 0 } = response;
      response.once('error', (error) => end(error.message));
      response.once('end', () => end(isGood(statusCode) ? undefined : `status ${statusCode}`));
      response.resume();
    });
  });
}

function isGood(status: number): boolean {
  return status >= 200 && status < 400;
}
