import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../error.js';
import { run } from '../host/node/run.js';
import { searchPath, withSystemPath } from './environment.js';

/** `root`: with the caller's own privileges. `user`: as root of a user namespace of its own. */
export type LabMode = 'root' | 'user';

export type LabSupport =
  | { readonly ok: true; readonly mode: LabMode }
  | { readonly ok: false; readonly missing: readonly string[]; readonly hint: string };

/** The programs that every lab needs, and the Debian package of each. */
const PROGRAMS = {
  unshare: 'util-linux',
  nsenter: 'util-linux',
  mount: 'mount',
  bash: 'bash',
  ip: 'iproute2',
  tc: 'iproute2',
  sysctl: 'procps',
  haproxy: 'haproxy',
  apache2: 'apache2',
} as const;

/** What separates a lab from the host. */
const NAMESPACES = ['--net', '--mount', '--pid', '--mount-proc', '--fork', '--kill-child=SIGKILL'];
const TRY_TIMEOUT_MS = 5_000;

/** The head of the command line that runs a program in new namespaces. */
export function unshareArgv(mode: LabMode): readonly string[] {
  return [
    'unshare',
    ...(mode === 'user' ? ['--user', '--map-root-user'] : []),
    ...NAMESPACES,
    '--',
  ];
}

/** Whether a lab can run here, found out by trying. */
export async function labSupport(): Promise<LabSupport> {
  const missing = await missingPrograms();
  if (missing.length > 0) {
    const packages = new Set(missing.map((name) => PROGRAMS[name]));
    return { ok: false, missing, hint: `apt-get install ${[...packages].join(' ')}` };
  }
  const modes: readonly LabMode[] = process.geteuid?.() === 0 ? ['root', 'user'] : ['user'];
  const reasons: string[] = [];
  for (const mode of modes) {
    const reason = await reasonAgainst(mode);
    if (reason === undefined) return { ok: true, mode };
    reasons.push(`${mode}: ${reason}`);
  }
  return {
    ok: false,
    missing: ['permission to make namespaces'],
    hint: `run as root, or allow unprivileged user namespaces (${reasons.join('; ')})`,
  };
}

async function missingPrograms(): Promise<readonly (keyof typeof PROGRAMS)[]> {
  const names = Object.keys(PROGRAMS) as (keyof typeof PROGRAMS)[];
  const found = await Promise.all(names.map(isInstalled));
  return names.filter((_, index) => !found[index]);
}

async function isInstalled(name: string): Promise<boolean> {
  const looks = searchPath().map((folder) => access(join(folder, name), constants.X_OK));
  return (await Promise.allSettled(looks)).some((look) => look.status === 'fulfilled');
}

async function reasonAgainst(mode: LabMode): Promise<string | undefined> {
  try {
    const tried = await run([...unshareArgv(mode), 'mount', '-t', 'tmpfs', 'lab', '/run'], {
      env: withSystemPath(),
      timeoutMs: TRY_TIMEOUT_MS,
    });
    return tried.code === 0 ? undefined : tried.stderr.trim() || `exit ${tried.code}`;
  } catch (error) {
    return messageOf(error);
  }
}
