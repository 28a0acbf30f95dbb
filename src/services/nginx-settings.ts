import { statementsOf, type Statement } from './nginx-statements.js';

/** What decides which connections an nginx drops when it reloads. Pure. */
export interface NginxSettings {
  /** HTTP clients may stay connected between two requests. */
  readonly keepsIdleClients: boolean;
  /** An idle client is closed by its own time-out only (`keepalive_min_timeout`, nginx 1.27.4). */
  readonly sparesIdleClients: boolean;
  /** As written; undefined when old workers may take all the time they need. */
  readonly shutdownTimeout: string | undefined;
  /** As written: a number or `auto`. */
  readonly workerProcesses: string;
  readonly reuseport: boolean;
  readonly errorLogs: readonly string[];
}

/** @param text the configuration with its includes in place */
export function nginxSettings(text: string): NginxSettings {
  const statements = statementsOf(text);
  const values = (name: string): readonly string[] =>
    statements.flatMap(({ words }) => (words[0]?.text === name ? [words[1]?.text ?? ''] : []));
  const keepalives = keepaliveTimeouts(statements);
  const longestMs = Math.max(0, ...keepalives.map(milliseconds));
  const spared = Math.min(...values('keepalive_min_timeout').map(milliseconds));
  return {
    keepsIdleClients: longestMs > 0,
    sparesIdleClients: Number.isFinite(spared) && spared > 0 && spared >= longestMs,
    shutdownTimeout: values('worker_shutdown_timeout').at(-1),
    workerProcesses: values('worker_processes').at(-1) ?? '1',
    reuseport: statements.some(
      ({ words }) => words[0]?.text === 'listen' && words.some((word) => word.text === 'reuseport'),
    ),
    errorLogs: values('error_log'),
  };
}

/** The default of nginx: `keepalive_timeout 75s`. */
const DEFAULT_KEEPALIVE = '75s';

/** Those that apply: a server without one has that of the http block, or the default. */
function keepaliveTimeouts(statements: readonly Statement[]): readonly string[] {
  const set = statements.filter(({ words }) => words[0]?.text === 'keepalive_timeout');
  const outer = set.find(({ within }) => within.length === 1)?.words[1]?.text ?? DEFAULT_KEEPALIVE;
  const servers = statements.filter(
    ({ words, within, block }) =>
      words[0]?.text === 'server' && within.at(-1) === 'http' && block !== undefined,
  );
  const ofServers = servers.map(({ block }) => {
    const own = set.find(({ parent }) => parent === block?.id);
    return own?.words[1]?.text ?? outer;
  });
  const deeper = set.filter(({ within }) => within.length > 2);
  return [...ofServers, ...deeper.map(({ words }) => words[1]?.text ?? outer)];
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  M: 2_592_000_000,
  y: 31_536_000_000,
};

/** `1m30s`, `500ms`, `75`: seconds when there is no unit. */
function milliseconds(text: string): number {
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  const parts = [...text.matchAll(/(\d+)\s*(ms|[smhdwMy])?/g)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? 's'] ?? 1), 0);
}
