import { failed } from '../error.js';
import { healthText, unhealthy, type HealthCheck } from '../host/health.js';
import { waitFor } from '../host/wait.js';
import type { StepDefinition } from './definition.js';

/** Waits until the instance on a port is healthy. */
export interface ConfirmPort {
  readonly kind: 'confirm-port';
  readonly id: string;
  readonly port: number;
  readonly health: readonly HealthCheck[];
}

const LOOK_EVERY_MS = 20;

export const confirmPort: StepDefinition<ConfirmPort> = {
  effect: 'none',
  describe: (step) => `wait until ${step.health.map(healthText).join(', ')}`,
  apply: async ({ port, health }, { host, timeoutMs }) => {
    let wrong: string | undefined;
    const proven = await waitFor(
      async () => {
        wrong = await unhealthy(host, health);
        return wrong === undefined ? true : undefined;
      },
      { timeoutMs, intervalMs: LOOK_EVERY_MS, clock: host.clock },
    );
    if (proven !== undefined) return undefined;
    throw failed('not-confirmed', `the instance on port ${port} is not healthy: ${wrong ?? ''}`, {
      subject: `port ${port}`,
      hint: 'it stays out, the others serve; mend it and run the command again',
    });
  },
  verify: async () => undefined,
};
