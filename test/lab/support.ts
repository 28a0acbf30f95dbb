import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { allPids, commandOf } from '../../src/lab/proc.js';
import { run } from '../../src/host/node/run.js';

/** What a lab could leave behind on the host. */
export interface HostState {
  readonly links: string;
  readonly mounts: string;
  readonly namespaces: readonly string[];
  readonly sysctl: string;
  readonly ruleset: string;
}

export async function hostState(): Promise<HostState> {
  const said = async (argv: readonly string[]) => (await run(argv)).stdout;
  return {
    links: await said(['ip', '-o', 'link']).then((text) => text.replaceAll(/qlen \d+/g, '')),
    mounts: readFileSync('/proc/self/mounts', 'utf8'),
    namespaces: readdirSync('/run').filter((name) => name === 'netns'),
    sysctl: readFileSync('/proc/sys/net/ipv4/tcp_migrate_req', 'utf8'),
    ruleset: await said(['nft', 'list', 'ruleset']),
  };
}

export function labFolders(ownerPid: number): readonly string[] {
  return readdirSync(tmpdir()).filter((name) =>
    new RegExp(`^hitless-lab-\\d+-${ownerPid}-`).test(name),
  );
}

/** The processes of this host that live in that pid namespace or mention the text. */
export function processesOf(namespace: string, text: string): readonly string[] {
  return allPids().flatMap((pid) => {
    const argv = commandOf(pid).join(' ');
    return linkOf(pid) === namespace || argv.includes(text) ? [`${pid} ${argv}`] : [];
  });
}

export function linkOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}
