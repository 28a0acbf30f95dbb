/** Answers of the runtime API (management.txt, 9.3) and of the master's (9.4), pure. */

/** `show info`: `Name: value` lines. */
export function parseInfo(text: string): ReadonlyMap<string, string> {
  const entries = text.split('\n').flatMap((line): [string, string][] => {
    const at = line.indexOf(': ');
    return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 2).trim()]];
  });
  return new Map(entries);
}

export interface MasterProcess {
  readonly pid: number;
  readonly kind: 'master' | 'worker' | 'program';
  /** How often the master has reloaded since this process began. */
  readonly reloads: number;
  /** Listed under `# old workers`: it was told to finish. */
  readonly old: boolean;
}

export interface MasterProcesses {
  readonly processes: readonly MasterProcess[];
  /** Reloads that failed since the last good one; undefined before 2.5, which does not say. */
  readonly failedReloads: number | undefined;
}

/** `show proc` on the master's socket. */
export function parseShowProc(text: string): MasterProcesses {
  let old = false;
  let failedReloads: number | undefined;
  const processes: MasterProcess[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) old = line.startsWith('# old');
    const match = /^(\d+)\s+(master|worker|program)\s+(\d+)(?:\s+\[failed: (\d+)\])?/.exec(line);
    if (match === null) continue;
    const kind = match[2] as MasterProcess['kind'];
    if (kind === 'master' && match[4] !== undefined) failedReloads = Number(match[4]);
    processes.push({ pid: Number(match[1]), kind, reloads: Number(match[3]), old });
  }
  return { processes, failedReloads };
}

export interface StatRow {
  readonly pxname: string;
  /** `OPEN`, `PAUSED` or `STOP` for a frontend. */
  readonly status: string;
  /** `http` or `tcp`; empty before 1.7. */
  readonly mode: string;
  /** Open sessions. */
  readonly scur: number;
}

/** `show stat`, by the names in HAProxy's own CSV header. */
export function parseStat(text: string): readonly StatRow[] {
  const [header = '', ...lines] = text.replace(/^# /, '').trim().split('\n');
  const names = header.split(',');
  const field = (values: readonly string[], name: string): string =>
    values[names.indexOf(name)] ?? '';
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const values = line.split(',');
      return {
        pxname: field(values, 'pxname'),
        status: field(values, 'status'),
        mode: field(values, 'mode'),
        scur: Number(field(values, 'scur')),
      };
    });
}

/** Access level from `show cli level` (1.9 and newer). */
export function parseLevel(text: string): 'user' | 'operator' | 'admin' | undefined {
  const level = text.trim();
  return level === 'user' || level === 'operator' || level === 'admin' ? level : undefined;
}
