import { basename } from 'node:path';
import { usage } from '../error.js';
import type { Host } from '../host/host.js';
import type { Door } from '../host/nft-flip.js';
import type { FlipService, PublicPort } from './flip-request.js';

type CommandService = Extract<FlipService, { kind: 'command' }>;

/** Every local address of both families, or the one that was named. */
export function doorsOf(ports: readonly PublicPort[]): readonly Door[] {
  return ports.flatMap(({ host, port }): readonly Door[] =>
    host === null
      ? [
          { family: 'ipv4', host, port },
          { family: 'ipv6', host, port },
        ]
      : [{ family: host.includes(':') ? 'ipv6' : 'ipv4', host, port }],
  );
}

/**
 * The command line with the ports of the instance in it.
 *
 * @throws HitlessError `usage` when the instance would not be told one of its ports
 */
export function withPorts(
  argv: readonly string[],
  ports: ReadonlyMap<number, number>,
): readonly string[] {
  const told = new Set<number>();
  const only = ports.size === 1 ? [...ports.keys()][0] : undefined;
  const words = argv.map((word) =>
    word.replaceAll(/\{port(?::(\d+))?\}/g, (text, named: string | undefined) => {
      const port = named === undefined ? only : Number(named);
      const own = port === undefined ? undefined : ports.get(port);
      if (port === undefined || own === undefined) throw unknownPlaceholder(text, ports);
      told.add(port);
      return String(own);
    }),
  );
  const untold = [...ports.keys()].find((port) => !told.has(port));
  if (untold === undefined) return words;
  const placeholder = ports.size === 1 ? '{port}' : `{port:${untold}}`;
  throw usage(
    `the command does not say ${placeholder}: the new instance would not know its port`,
    `write ${placeholder} where the program is told the port on which it listens`,
  );
}

function unknownPlaceholder(text: string, ports: ReadonlyMap<number, number>): Error {
  const names = [...ports.keys()].map((port) => `{port:${port}}`).join(', ');
  return usage(`${text} stands for no port of this flip`, `write one of ${names}`);
}

export function ownerText({ argv }: CommandService): string {
  return `command ${basename(argv[0] ?? '')}`;
}

/** As whoever calls hitless. */
export async function userOf(host: Host): Promise<{ readonly uid: number; readonly gid: number }> {
  const self = await host.processes.info(host.self.pid);
  return { uid: self?.uid ?? 0, gid: self?.gid ?? 0 };
}
