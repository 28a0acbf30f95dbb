import type { Host, Reach } from './host.js';

/** How an instance is proven to serve. */
export type HealthCheck =
  | { readonly kind: 'connect'; readonly host: string; readonly port: number }
  | { readonly kind: 'http'; readonly host: string; readonly port: number; readonly path: string }
  /** Exit code 0 is healthy. */
  | { readonly kind: 'command'; readonly argv: readonly string[] };

const CHECK_TIMEOUT_MS = 2_000;

export function healthText(check: HealthCheck): string {
  switch (check.kind) {
    case 'connect':
      return `${placeText(check)} connects`;
    case 'http':
      return `http://${placeText(check)}${check.path} is 200 to 399`;
    case 'command':
      return check.argv.join(' ');
  }
}

function placeText({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Looks once at each.
 *
 * @param namespaceOf a process in the network namespace; hitless' own when undefined
 * @returns what is wrong with the first that fails
 */
export async function unhealthy(
  host: Host,
  checks: readonly HealthCheck[],
  namespaceOf?: number,
): Promise<string | undefined> {
  for (const check of checks) {
    const seen = await look(host, check, namespaceOf);
    if (seen !== undefined) return `${healthText(check)}: ${seen}`;
  }
  return undefined;
}

async function look(
  host: Host,
  check: HealthCheck,
  namespaceOf: number | undefined,
): Promise<string | undefined> {
  if (check.kind === 'command') {
    const { code, stderr } = await host.run({
      argv: check.argv,
      timeoutMs: CHECK_TIMEOUT_MS,
      ...(namespaceOf === undefined ? {} : { namespacesOf: namespaceOf }),
    });
    return code === 0 ? undefined : stderr.trim() || `exit code ${code}`;
  }
  const target: Reach = {
    host: check.host,
    port: check.port,
    httpPath: check.kind === 'http' ? check.path : null,
    timeoutMs: CHECK_TIMEOUT_MS,
    ...(namespaceOf === undefined ? {} : { namespaceOf }),
  };
  return await host.reach(target);
}
