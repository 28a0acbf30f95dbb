import { flipWay, hastyFlip } from './flip.js';
import { handoffWay, vrrpFailover } from './handoff.js';
import { byMethod, questionControl, restartControl } from './haproxy.js';
import { whyNoPlug } from './needs-plug.js';
import { rollingWay } from './rolling.js';
import { apacheControl, gracefulApache, gracefulNginx, nginxControl } from './services.js';
import type { Way } from './way.js';

const CLOSES_KEPT =
  'without "option idle-close-on-response" the old process closes kept connections under ' +
  'requests that are on their way';

/** All ways that can be compared, each under the name that tables show. */
export const WAYS = {
  'haproxy -sf': questionControl,
  restart: restartControl,
  quiesce: byMethod('quiesce'),
  'fd-pass': byMethod('fd-pass', { refusedFor: { 'keep-alive': CLOSES_KEPT, mixed: CLOSES_KEPT } }),
  migrate: byMethod('migrate'),
  /** Where the kernel has sch_plug, as in the guest of `npm run test:vm`. */
  'syn-hold': byMethod('syn-hold', { unusable: whyNoPlug }),
  'syn-drop': byMethod('syn-drop'),
  flip: flipWay,
  rolling: rollingWay,
  'flip, old stopped at once': hastyFlip,
  'nginx -s reload': nginxControl,
  'graceful nginx': gracefulNginx,
  'apache2 -k graceful': apacheControl,
  'graceful apache': gracefulApache,
  handoff: handoffWay,
  'vrrp failover': vrrpFailover,
} as const satisfies Readonly<Record<string, Way>>;

export type WayName = keyof typeof WAYS;
