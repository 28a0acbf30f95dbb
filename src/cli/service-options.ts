import { usage } from '../error.js';
import { DEFAULT_TIMEOUT_MS } from '../reload/request.js';
import { DEFAULT_RETIRE_TIMEOUT_MS, type ServiceRequest } from '../reload/service-reload.js';
import { isServiceName, SERVICES } from '../services/registry.js';
import { positive, type ReloadFlags } from './reload-options.js';
import { targetOf } from './target-options.js';
import { parseDurationMs } from './values.js';

export interface ServiceFlags extends ReloadFlags {
  readonly service: string;
}

/**
 * Undefined when HAProxy is meant.
 *
 * @throws HitlessError `usage`
 */
export function serviceRequestOf(flags: ServiceFlags): ServiceRequest | undefined {
  const { service, method, drainTimeout, timeout } = flags;
  if (service === 'haproxy') return undefined;
  if (!isServiceName(service)) {
    const names = ['haproxy', ...Object.keys(SERVICES)].join(', ');
    throw usage(`there is no service "${service}"`, `choose one of ${names}`);
  }
  refuseFlagsOfHaproxy(flags);
  if (method !== 'auto' && method !== 'graceful') {
    throw usage(
      `${service} is not reloaded by "${method}"`,
      `leave --method out, or use "hitless flip --service ${service}"`,
    );
  }
  return {
    service,
    target: targetOf(flags),
    allowLoss: flags.allowLoss === true,
    timeoutMs: timeout === undefined ? DEFAULT_TIMEOUT_MS : positive(timeout),
    drainTimeoutMs:
      drainTimeout === undefined ? DEFAULT_RETIRE_TIMEOUT_MS : parseDurationMs(drainTimeout),
  };
}

function refuseFlagsOfHaproxy({ service, ...flags }: ServiceFlags): void {
  const given = [
    ['-f', flags.file, `${service} reads its own files again: change those`],
    ['--binary', flags.binary, `a running ${service} cannot change its program by a reload`],
    ['--master-socket', flags.masterSocket, 'name the process with --pid or --pid-file'],
    ['--max-draining', flags.maxDraining, 'leave it out'],
  ] as const;
  for (const [flag, value, hint] of given) {
    if (value !== undefined) throw usage(`${flag} is for HAProxy, not for ${service}`, hint);
  }
}
