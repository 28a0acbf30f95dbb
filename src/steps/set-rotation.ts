import { failed } from '../error.js';
import { unhealthy, type HealthCheck } from '../host/health.js';
import type { Host } from '../host/host.js';
import { trackHalfOpen } from '../host/half-open.js';
import { openConnections } from '../host/let-go.js';
import { nftArgv, listTableArgv } from '../host/nft.js';
import { hasTable, parseRuleset, type Ruleset } from '../host/nft-list.js';
import {
  DELETE_ROLLING_TABLE,
  isUnused,
  MAKE_ROLLING_TABLE,
  removeScript,
  ROLLING_TABLE,
  rotationOf,
  rotationScript,
  type Spread,
} from '../host/nft-rolling.js';
import { waitFor } from '../host/wait.js';
import type { StepDefinition } from './definition.js';

/** Has exactly these instances take new connections, by one transaction of the kernel. */
export interface SetRotation {
  readonly kind: 'set-rotation';
  readonly id: string;
  readonly port: number;
  readonly members: readonly number[];
  readonly spread: Spread;
  /** Every instance, and how it is known to serve: undo takes those in that do. */
  readonly instances: readonly RotationInstance[];
  /** The port was in no rotation before: undo gives it back to who listens on it. */
  readonly isNew: boolean;
}

export interface RotationInstance {
  readonly port: number;
  readonly health: readonly HealthCheck[];
}

export const setRotation: StepDefinition<SetRotation> = {
  effect: 'reversible',
  describe: (step) => `direct new connections to port ${step.port} to ${step.members.join(', ')}`,
  apply: async (step, { host }) => {
    if (step.isNew) await beginTracking(host, step.port);
    return await direct(host, step, step.members);
  },
  verify: async (step, { host }) => {
    const seen = rotationOf(await tableNow(host), step.port)?.members ?? [];
    const same = seen.join() === step.members.join();
    return same ? undefined : `port ${step.port} is led to ${seen.join(', ') || 'no instance'}`;
  },
  undo: async (step, { host }) => {
    if (step.isNew && (await listensItself(host, step.port))) return await remove(host, step);
    // What was reloaded stays reloaded; whoever serves takes connections, and nobody else.
    const serving: number[] = [];
    for (const { port, health } of step.instances) {
      if ((await unhealthy(host, health)) === undefined) serving.push(port);
    }
    if (serving.length > 0) await direct(host, step, serving);
  },
};

/** Whoever shakes hands with the one that listens on the port itself stays with that one. */
async function beginTracking(host: Host, port: number): Promise<void> {
  if (hasTable(await tableNow(host), ROLLING_TABLE)) return;
  await run(host, MAKE_ROLLING_TABLE);
  await trackHalfOpen(host, host.self.pid, [port]);
}

async function direct(
  host: Host,
  { port, spread }: SetRotation,
  members: readonly number[],
): Promise<undefined> {
  const table = await tableNow(host);
  if (rotationOf(table, port)?.members.join() === members.join()) return;
  await run(host, rotationScript(table, { port, members, spread }));
}

async function remove(host: Host, { port, instances }: SetRotation): Promise<void> {
  const table = await tableNow(host);
  if (rotationOf(table, port) !== null) await run(host, removeScript(port));
  const rest = await tableNow(host);
  if (!hasTable(rest, ROLLING_TABLE) || !isUnused(rest)) return;
  // While somebody is connected through it, an empty table stays behind rather.
  const queues = { namespaceOf: host.self.pid, ports: instances.map((one) => one.port) };
  const quiet = await waitFor(
    async () => ((await openConnections(host, queues)) === 0 ? true : undefined),
    { timeoutMs: QUIET_TIMEOUT_MS, intervalMs: LOOK_EVERY_MS, clock: host.clock },
  );
  if (quiet !== undefined) await run(host, DELETE_ROLLING_TABLE);
}

const QUIET_TIMEOUT_MS = 10_000;
const LOOK_EVERY_MS = 50;

async function tableNow(host: Host): Promise<Ruleset> {
  const { code, stdout } = await host.run({ argv: listTableArgv(ROLLING_TABLE) });
  return parseRuleset(code === 0 ? stdout : '');
}

async function run(host: Host, script: string): Promise<void> {
  const { code, stderr } = await host.run({ argv: nftArgv(script) });
  if (code === 0) return;
  throw failed('step-failed', `nft refused the change: ${stderr.trim().split('\n')[0] ?? ''}`, {
    subject: ROLLING_TABLE,
  });
}

async function listensItself(host: Host, port: number): Promise<boolean> {
  const listening = await host.sockets.listeners(host.self.pid);
  return listening.some(({ family, local }) => family !== 'unix' && local.endsWith(`:${port}`));
}
