import { handoffWay, vrrpFailover } from './handoff.js';
import { byMethod, questionControl } from './haproxy.js';
import type { Way } from './way.js';

/** All ways that can be compared, each under the name that tables show. */
export const WAYS = {
  'haproxy -sf': questionControl,
  quiesce: byMethod('quiesce'),
  'fd-pass': byMethod('fd-pass'),
  migrate: byMethod('migrate'),
  handoff: handoffWay,
  'vrrp failover': vrrpFailover,
} as const satisfies Readonly<Record<string, Way>>;

export type WayName = keyof typeof WAYS;
