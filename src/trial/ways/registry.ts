import { flipWay, hastyFlip } from './flip.js';
import { byMethod, questionControl } from './haproxy.js';
import { rollingWay } from './rolling.js';
import { apacheControl, gracefulApache, gracefulNginx, nginxControl } from './services.js';
import type { Way } from './way.js';

/** All ways that can be compared, each under the name that tables show. */
export const WAYS = {
  'haproxy -sf': questionControl,
  quiesce: byMethod('quiesce'),
  'fd-pass': byMethod('fd-pass'),
  migrate: byMethod('migrate'),
  flip: flipWay,
  rolling: rollingWay,
  'flip, old stopped at once': hastyFlip,
  'nginx -s reload': nginxControl,
  'graceful nginx': gracefulNginx,
  'apache2 -k graceful': apacheControl,
  'graceful apache': gracefulApache,
} as const satisfies Readonly<Record<string, Way>>;

export type WayName = keyof typeof WAYS;
