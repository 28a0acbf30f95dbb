import { byMethod, questionControl, restartControl } from './haproxy.js';
import type { Way } from './way.js';

/** All ways that can be compared, each under the name that tables show. */
export const WAYS = {
  'haproxy -sf': questionControl,
  restart: restartControl,
  quiesce: byMethod('quiesce'),
  'fd-pass': byMethod('fd-pass'),
  migrate: byMethod('migrate'),
  /** Where the kernel has sch_plug, as in the guest of `npm run test:vm`. */
  'syn-hold': byMethod('syn-hold'),
  'syn-drop': byMethod('syn-drop'),
} as const satisfies Readonly<Record<string, Way>>;

export type WayName = keyof typeof WAYS;
