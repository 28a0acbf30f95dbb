/** Where Debian keeps what a lab runs, and what a plain user's PATH leaves out. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'] as const;

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment with the system folders at the end of PATH. */
export function withSystemPath(env: Environment = process.env): NodeJS.ProcessEnv {
  return { ...env, PATH: searchPath(env).join(':') };
}

export function searchPath(env: Environment = process.env): readonly string[] {
  const folders = (env['PATH'] ?? '/usr/bin:/bin').split(':').filter(Boolean);
  return [...new Set([...folders, ...SYSTEM_FOLDERS])];
}
