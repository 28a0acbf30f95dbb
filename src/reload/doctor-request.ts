import type { Target } from '../haproxy/instance.js';
import type { ServiceName } from '../services/service.js';

export interface DoctorRequest {
  readonly service: 'haproxy' | ServiceName;
  readonly target: Target;
  /** Absolute paths; the running process's own when absent. */
  readonly configFiles?: readonly string[];
  /** Another program than the running one, or than the first `haproxy` there is. */
  readonly binary?: string;
  readonly stateDir: string;
  /** Names of checks; all when empty. */
  readonly only: readonly string[];
}
