import type { Check } from '../check.js';
import type { NginxFacts } from '../facts.js';

/** What the reload of nginx loses. */

const idleClients: Check = {
  id: 'nginx-idle-clients',
  severity: 'warning',
  because: 'an old worker closes idle connections at once, and a request may be on its way on one',
  source:
    'nginx, ngx_http_core_module, "keepalive_min_timeout" (1.27.4); docs/decisions/0020 (measured)',
  remedy:
    'set keepalive_min_timeout to the keepalive_timeout (1.27.4 and later), keepalive_timeout 0, or use "hitless flip --service nginx"',
  signs: ({ nginx }) =>
    nginx === null || !nginx.settings.keepsIdleClients || nginx.settings.sparesIdleClients
      ? []
      : [signOf(nginx, 'idle keep-alive clients are cut by a reload')],
};

const shutdownTimeout: Check = {
  id: 'nginx-shutdown-timeout',
  severity: 'warning',
  because: 'old workers close what is still open at that time, downloads in their midst too',
  source: 'nginx, ngx_core_module, "worker_shutdown_timeout"',
  remedy: 'make it longer than the longest answer takes',
  signs: ({ nginx }) =>
    nginx?.settings.shutdownTimeout === undefined
      ? []
      : [signOf(nginx, `worker_shutdown_timeout ${nginx.settings.shutdownTimeout}`)],
};

const noShutdownTimeout: Check = {
  id: 'nginx-old-workers',
  severity: 'info',
  because:
    'an old worker stays as long as one client does (WebSockets: for ever), and they pile up',
  source: 'nginx, ngx_core_module, "worker_shutdown_timeout"',
  remedy: 'set worker_shutdown_timeout, longer than the longest answer takes',
  signs: ({ nginx }) =>
    nginx === null || nginx.settings.shutdownTimeout !== undefined
      ? []
      : [signOf(nginx, 'nothing ends old workers whose clients stay')],
};

const fewerWorkers: Check = {
  id: 'nginx-fewer-workers',
  severity: 'error',
  because:
    'each worker has a socket of its own with reuseport: those of the workers that go are closed, and what waits in them is reset',
  source: 'nginx, ngx_http_core_module, "listen ... reuseport"; docs/decisions/0020 (measured)',
  remedy:
    'keep worker_processes as they are, restart by "hitless flip --service nginx", or set net.ipv4.tcp_migrate_req=1',
  signs: ({ nginx }) => {
    const wanted = Number(nginx?.settings.workerProcesses);
    if (nginx === null || nginx.workers === null || !nginx.settings.reuseport) return [];
    if (!Number.isInteger(wanted) || wanted >= nginx.workers) return [];
    return [
      signOf(nginx, `worker_processes ${wanted} with reuseport, and ${nginx.workers} workers run`),
    ];
  },
};

function signOf({ subject }: NginxFacts, what: string): { subject: string; what: string } {
  return { subject, what };
}

export const NGINX: readonly Check[] = [
  idleClients,
  shutdownTimeout,
  noShutdownTimeout,
  fewerWorkers,
];
