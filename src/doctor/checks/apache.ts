import type { Check } from '../check.js';
import type { ApacheFacts } from '../facts.js';

/** What the graceful reload and stop of Apache lose. */

const idleClients: Check = {
  id: 'apache-idle-clients',
  severity: 'warning',
  because: 'an old process closes idle connections at once, and a request may be on its way on one',
  source: 'Apache HTTP Server, stopping.html, "Graceful Restart"; docs/decisions/0020 (measured)',
  remedy: 'set KeepAlive Off, or use "hitless flip --service apache"',
  signs: ({ apache }) =>
    apache?.keepsIdleClients === true
      ? [signOf(apache, 'idle keep-alive clients are cut by a reload')]
      : [],
};

const gracefulShutdown: Check = {
  id: 'apache-graceful-shutdown-timeout',
  severity: 'info',
  because:
    '"graceful-stop" cuts what is still open at that time; a reload (graceful) does not look at it',
  source:
    'Apache HTTP Server, mod/mpm_common.html, GracefulShutdownTimeout; docs/decisions/0020 (measured)',
  remedy: 'make it longer than the longest answer takes, or take it out (no limit)',
  signs: ({ apache }) => {
    const value = valueOf(apache, 'GracefulShutdownTimeout');
    return apache === null || value === undefined || value === '0'
      ? []
      : [signOf(apache, `GracefulShutdownTimeout ${value}`)];
  },
};

const scoreboard: Check = {
  id: 'apache-scoreboard-full',
  severity: 'error',
  because:
    'processes that finish keep their places in the scoreboard: there is none left for new ones, and clients wait or are refused',
  source:
    'Apache HTTP Server, mod/mpm_common.html, ServerLimit; messages AH03490 (event) and AH00288 (worker)',
  remedy:
    'raise ServerLimit and MaxRequestWorkers and restart (a reload does not change ServerLimit), or reload less often',
  signs: ({ apache }) => {
    const line = apache?.log.split('\n').findLast((one) => /scoreboard is full/.test(one));
    return apache === null || line === undefined ? [] : [signOf(apache, line.trim())];
  },
};

/** Apache's own default with the event and worker MPMs. */
const DEFAULT_THREADS = 25;

const noSpare: Check = {
  id: 'apache-no-spare-slots',
  severity: 'warning',
  because:
    'a graceful reload needs free places in the scoreboard while old processes finish; with none the new ones start only as old ones end',
  source: 'Apache HTTP Server, mod/mpm_common.html, ServerLimit; mod/event.html',
  remedy: 'set ServerLimit to at least twice MaxRequestWorkers / ThreadsPerChild, and restart once',
  signs: ({ apache }) => {
    const limit = Number(valueOf(apache, 'ServerLimit'));
    const workers = Number(valueOf(apache, 'MaxRequestWorkers'));
    const threads = Number(valueOf(apache, 'ThreadsPerChild') ?? DEFAULT_THREADS);
    if (apache === null || !(limit > 0) || !(workers > 0) || !(threads > 0)) return [];
    const needed = Math.ceil(workers / threads);
    if (limit > needed) return [];
    return [
      signOf(
        apache,
        `ServerLimit ${limit} leaves no place beside the ${needed} processes of MaxRequestWorkers ${workers}`,
      ),
    ];
  },
};

const balancer: Check = {
  id: 'apache-balancer',
  severity: 'warning',
  because:
    'a new process sets the members of a balancer up at its first requests; when two threads do so at once it may crash, and all connections that it has are lost (2.4.71 with mpm_event: about one reload in a hundred at 1000 requests a second)',
  source: 'docs/decisions/0043 (measured; the stacks of two crashes)',
  remedy:
    'use "hitless flip --service apache", or ProxyPass to one address and balance elsewhere: 0 of 120,000 were lost so',
  signs: ({ apache }) => {
    const members = apache?.directives.filter(({ name }) => name.toLowerCase() === MEMBER) ?? [];
    return apache === null || members.length < 2
      ? []
      : [signOf(apache, `a balancer has ${members.length} members`)];
  },
};

const MEMBER = 'balancermember';

function valueOf(apache: ApacheFacts | null, name: string): string | undefined {
  return apache?.directives.findLast((one) => one.name.toLowerCase() === name.toLowerCase())?.value;
}

function signOf({ subject }: ApacheFacts, what: string): { subject: string; what: string } {
  return { subject, what };
}

export const APACHE: readonly Check[] = [
  idleClients,
  gracefulShutdown,
  scoreboard,
  noSpare,
  balancer,
];
