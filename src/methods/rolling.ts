import type { Spread } from '../host/nft-rolling.js';
import type { HealthCheck } from '../host/health.js';
import type { Step } from '../steps/registry.js';
import type { MethodSteps } from './method.js';

/** All that a roll is planned from, read once. Plain data. */
export interface RollingFacts {
  /** What clients connect to. */
  readonly port: number;
  readonly instances: readonly RollingInstance[];
  /** Ports of the instances that take new connections now; null when there is no rotation yet. */
  readonly members: readonly number[] | null;
}

export interface RollingInstance {
  readonly port: number;
  readonly health: readonly HealthCheck[];
  /** Reloads it. */
  readonly argv: readonly string[];
}

export interface RollingRequest {
  readonly spread: Spread;
  readonly drainTimeoutMs: number;
  readonly cwd: string;
  /** For each run of the reload command. */
  readonly commandTimeoutMs: number;
}

/** A SYN-ACK that is lost three times is sent again after 7 s. */
const LET_GO_MS = 10_000;

/**
 * Several instances behind the rules of the kernel: one after another is taken out, drained,
 * reloaded, proven, and put back. Pure.
 */
export function planRolling(request: RollingRequest, facts: RollingFacts): MethodSteps {
  const all = facts.instances.map(({ port }) => port);
  const isNew = facts.members === null;
  const set = (id: string, members: readonly number[], isSetUp = false): Step => ({
    kind: 'set-rotation',
    id,
    port: facts.port,
    members,
    spread: request.spread,
    instances: facts.instances.map(({ port, health }) => ({ port, health })),
    isNew: isSetUp,
  });
  let members = facts.members ?? all;
  const steps: Step[] = isNew ? [set('set-up', all, true)] : [];
  for (const instance of facts.instances) {
    const rest = members.filter((port) => port !== instance.port);
    if (members.includes(instance.port)) steps.push(set(`out-${instance.port}`, rest));
    steps.push(...reloadSteps(request, instance));
    members = all.filter((port) => port === instance.port || rest.includes(port));
    steps.push(set(`in-${instance.port}`, members));
  }
  return { handOver: steps, retire: [] };
}

function reloadSteps(
  { cwd, drainTimeoutMs, commandTimeoutMs }: RollingRequest,
  { port, argv, health }: RollingInstance,
): readonly Step[] {
  return [
    { kind: 'drain-port', id: `drain-${port}`, port, letGoTimeoutMs: LET_GO_MS, drainTimeoutMs },
    {
      kind: 'run-command',
      id: `reload-${port}`,
      argv,
      cwd,
      like: null,
      environment: null,
      timeoutMs: commandTimeoutMs,
      hint: 'an instance that is not healthy stays out, the others serve; mend it and run the command again',
    },
    { kind: 'confirm-port', id: `confirm-${port}`, port, health },
  ];
}
