import type { Check } from '../check.js';

/** What the running process shows of earlier reloads. */

const failed: Check = {
  id: 'failed-reloads',
  severity: 'error',
  because:
    'the last reload failed: what runs is an older configuration than the files, and a restart of the machine would not come up',
  source: 'HAProxy management manual, 9.4.1, "show proc" and "reload"',
  remedy: '"haproxy -c -f FILE" says why; mend it, then "hitless reload"',
  signs: ({ running }) => {
    const count = running?.failedReloads ?? 0;
    if (running === null || count === 0) return [];
    const what = `[failed: ${count}] in "show proc": the master could not load its configuration ${count} times`;
    return [{ subject: `pid ${running.pid}`, what }];
  },
};

/** hitless itself allows 8. */
const MANY_OLD = 4;

const oldWorkers: Check = {
  id: 'old-workers',
  severity: 'warning',
  because:
    'each old process has its memory and its health checks; 2.6 accepts more slowly with many of them, and its master was seen to crash',
  source: 'HAProxy management manual, 4; haproxy#2184, haproxy#2371; commit 561319bd1',
  remedy:
    '"hitless status" shows what they wait for; set hard-stop-after and mworker-max-reloads, and reload less often',
  signs: ({ running }) => {
    if (running === null || running.draining.length < MANY_OLD) return [];
    const hours = Math.max(...running.draining.map(({ ageMs }) => ageMs)) / 3_600_000;
    const what = `${running.draining.length} old processes are still there, the oldest for ${hours.toFixed(1)} h`;
    return [{ subject: `pid ${running.pid}`, what }];
  },
};

export const RUNNING: readonly Check[] = [failed, oldWorkers];
