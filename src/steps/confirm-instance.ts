import { failed } from '../error.js';
import { listenersOfFamily } from '../host/family.js';
import { healthText, unhealthy, type HealthCheck } from '../host/health.js';
import type { Host } from '../host/host.js';
import { waitFor } from '../host/wait.js';
import { describeRef, processOf, type ProcessRef, type StepDefinition } from './definition.js';
import type { StepContext } from './definition.js';

/** Waits until an instance is proven on its own ports: it owns each listener, and it is healthy. */
export interface ConfirmInstance {
  readonly kind: 'confirm-instance';
  readonly id: string;
  readonly process: ProcessRef;
  readonly listeners: readonly { readonly family: 'ipv4' | 'ipv6'; readonly port: number }[];
  readonly health: readonly HealthCheck[];
  /** Its last lines go into the message when it ends. */
  readonly logFile: string | null;
}

const LOOK_EVERY_MS = 20;

export const confirmInstance: StepDefinition<ConfirmInstance> = {
  effect: 'none',
  describe: (step) =>
    `wait until ${describeRef(step.process)} owns ${ports(step)} and passes: ${step.health.map(healthText).join(', ')}`,
  apply: async (step, context) => {
    let wrong: string | undefined;
    const proven = await waitFor(
      async () => {
        await refuseEnded(step, context);
        const { pid } = processOf(step.process, context);
        wrong =
          (await missingListener(step, context)) ??
          (await unhealthy(context.host, step.health, pid));
        return wrong === undefined ? true : undefined;
      },
      { timeoutMs: context.timeoutMs, intervalMs: LOOK_EVERY_MS, clock: context.host.clock },
    );
    if (proven !== undefined) return undefined;
    throw failed('not-confirmed', `the new instance is not healthy: ${wrong ?? 'no answer'}`, {
      subject: `pid ${processOf(step.process, context).pid}`,
      hint: 'the old instance serves on; mend the cause and run the command again',
    });
  },
  verify: async (step, context) => await missingListener(step, context),
};

function ports(step: ConfirmInstance): string {
  return `port ${[...new Set(step.listeners.map(({ port }) => port))].join(', ')}`;
}

async function refuseEnded(step: ConfirmInstance, context: StepContext): Promise<void> {
  const process = processOf(step.process, context);
  if (await context.host.processes.isAlive(process)) return;
  const said = await lastLines(step, context.host);
  throw failed('not-confirmed', `the new instance (pid ${process.pid}) ended${said}`, {
    subject: `pid ${process.pid}`,
    hint: 'the old instance serves on; mend the cause and run the command again',
  });
}

const LAST_BYTES = 500;

async function lastLines({ logFile }: ConfirmInstance, host: Host): Promise<string> {
  const log = logFile === null ? undefined : await host.files.read(logFile);
  const text = log?.subarray(-LAST_BYTES).toString('utf8').trim() ?? '';
  return text === '' ? '' : `: ${text}`;
}

async function missingListener(
  step: ConfirmInstance,
  context: StepContext,
): Promise<string | undefined> {
  const process = processOf(step.process, context);
  const owned = await listenersOfFamily(context.host, process);
  const missing = step.listeners.find(
    ({ family, port }) =>
      !owned.some(
        (socket) =>
          socket.local.endsWith(`:${port}`) &&
          // [::] takes IPv4 too, unless it was told otherwise; the health check would show that.
          (socket.family === family || socket.local.startsWith('[::]')),
      ),
  );
  if (missing === undefined) return undefined;
  const family = missing.family === 'ipv4' ? 'IPv4' : 'IPv6';
  return `pid ${process.pid} does not listen on port ${missing.port} (${family})`;
}
