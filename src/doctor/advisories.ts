import type { Release } from '../haproxy/version.js';
import type { Severity } from './check.js';

/**
 * Bugs of HAProxy that show in reloads, as data. The ranges come from the CHANGELOG of the branch,
 * from the issue, or were measured; where only the day of the fix is known, the next release of the
 * branch counts as the first without the bug. Another branch may have it too.
 */
export interface Advisory {
  readonly id: string;
  readonly severity: Severity;
  /** `before` is the first release that is known to be without it. */
  readonly affected: readonly { readonly from: Release; readonly before: Release }[];
  /** Whom it hits: everybody when absent. */
  readonly needs?: 'master-worker' | 'peers' | 'abns' | 'daemon';
  readonly what: string;
  readonly because: string;
  readonly source: string;
  readonly remedy: string;
}

const UPGRADE_26 = 'upgrade to the last release of the 2.6 branch or to a later branch';

export const ADVISORIES: readonly Advisory[] = [
  {
    id: 'haproxy-2114',
    severity: 'info',
    affected: [{ from: [2, 6, 12], before: [2, 6, 13] }],
    what: 'an old worker may die with SIGSEGV (139) at the very end of its stop',
    because:
      'by then its connections have ended: nothing is lost, but logs and supervisors report a crash',
    source: 'haproxy#2114; seen with 2.6.12',
    remedy: UPGRADE_26,
  },
  {
    id: 'accept-rate',
    severity: 'info',
    affected: [{ from: [2, 6, 12], before: [2, 6, 13] }],
    what: 'the accept rate falls with the number of old processes that drain',
    because: 'after many reloads in a short time new connections wait',
    source: 'HAProxy commit 561319bd1',
    remedy: `reload less often, set hard-stop-after, ${UPGRADE_26}`,
  },
  {
    id: 'haproxy-2184',
    severity: 'warning',
    affected: [
      { from: [2, 6, 12], before: [2, 6, 15] },
      { from: [2, 8, 0], before: [2, 8, 1] },
    ],
    needs: 'master-worker',
    what: 'the master may crash when a reload finds many old workers',
    because: 'a crash of the master ends every worker, with all connections',
    source: 'haproxy#2184 (mended on 2023-06-19, after 2.6.14 and 2.8.0)',
    remedy:
      'set mworker-max-reloads and hard-stop-after, raise the limit of open files, or upgrade',
  },
  {
    id: 'abns-master-worker',
    severity: 'warning',
    affected: [{ from: [2, 6, 0], before: [2, 6, 13] }],
    needs: 'abns',
    what: 'abstract unix sockets (abns@) conflict in master-worker mode',
    because:
      'the new worker cannot bind the name that the old one still has, and the reload fails or the listener is lost',
    source: 'HAProxy commit 445fc1fe3; seen with 2.6.12',
    remedy: 'use a unix socket with a path, or upgrade',
  },
  {
    id: 'listeners-stay-paused',
    severity: 'warning',
    affected: [
      { from: [2, 6, 0], before: [2, 6, 13] },
      { from: [2, 7, 0], before: [2, 7, 6] },
    ],
    needs: 'daemon',
    what: 'a start with -sf that fails may leave the old process without listeners',
    because:
      'the new process has the old one pause its listeners when a port is taken, and they were seen not to come back: 3000 connections were refused',
    source:
      'haproxy#1883; CHANGELOG of 2.7.6, "fix listeners notify for proxy resume"; measured with 2.6.12',
    remedy:
      'reload with hitless, which looks for taken ports before it starts anything; or upgrade',
  },
  {
    id: 'haproxy-1799',
    severity: 'warning',
    affected: [{ from: [2, 6, 0], before: [2, 6, 3] }],
    needs: 'peers',
    what: 'old processes do not end while they try to reach their peers',
    because: 'they spin, and pile up with each reload: more than 40 were reported',
    source:
      'haproxy#1799, haproxy#1792; CHANGELOG of 2.6.3, "limit reconnect attempts of the old process on reload"',
    remedy: UPGRADE_26,
  },
  {
    id: 'mworker-crash-2.6.1',
    severity: 'error',
    affected: [{ from: [2, 6, 0], before: [2, 6, 2] }],
    needs: 'master-worker',
    what: 'the master may crash upon a reload',
    because: 'a crash of the master ends every worker, with all connections',
    source:
      'CHANGELOG of 2.6.2, "mworker: proc_self incorrectly set crashes upon reload"; haproxy#1785',
    remedy: UPGRADE_26,
  },
  {
    id: 'haproxy-1837',
    severity: 'error',
    affected: [{ from: [2, 6, 3], before: [2, 6, 4] }],
    needs: 'master-worker',
    what: 'reloads do not work any more: the master loops without end',
    because:
      'the files and what runs differ from then on, and only a restart (7.5 % lost) brings them together',
    source: 'haproxy#1837; CHANGELOG of 2.6.4, "fix infinite loop on master with no proxies"',
    remedy: UPGRADE_26,
  },
  {
    id: 'peers-resync',
    severity: 'warning',
    affected: [{ from: [2, 6, 0], before: [2, 6, 5] }],
    needs: 'peers',
    what: 'a reload may teach stick tables from a process that has not learnt them itself',
    because: 'entries of the tables are lost when reloads follow each other quickly',
    source: 'CHANGELOG of 2.6.5, "Don\'t start resync on reload if local peer is not up-to-date"',
    remedy: UPGRADE_26,
  },
  {
    id: 'mworker-segv-peers',
    severity: 'warning',
    affected: [{ from: [2, 6, 0], before: [2, 6, 8] }],
    needs: 'peers',
    what: 'the master may crash when a reload fails early, with a peers section',
    because: 'a mistake in the configuration then ends the service instead of the reload',
    source: 'CHANGELOG of 2.6.8, "fix segv in early failure of mworker mode with peers"',
    remedy: `check before each reload (hitless does), ${UPGRADE_26}`,
  },
  {
    id: 'upgrade-by-reload',
    severity: 'info',
    affected: [
      { from: [2, 6, 0], before: [2, 6, 10] },
      { from: [2, 7, 0], before: [2, 7, 1] },
    ],
    needs: 'master-worker',
    what: 'an upgrade from another branch by a reload may leave the master in an inconsistent state',
    because: 'the new program finds the variables of the old one and cannot reload any more',
    source:
      'haproxy#1956; CHANGELOG of 2.6.10, "prevent inconsistent reload when upgrading from old versions"',
    remedy: 'upgrade by "hitless flip", or restart once',
  },
  {
    id: 'haproxy-2222',
    severity: 'warning',
    affected: [{ from: [2, 6, 14], before: [2, 6, 15] }],
    what: 'an old worker may lock up in its soft stop until the watchdog kills it (SIGABRT)',
    because: 'the connections that it still had are lost',
    source: 'haproxy#2222 (reported with 2.6.14)',
    remedy: UPGRADE_26,
  },
  {
    id: 'haproxy-3229',
    severity: 'warning',
    affected: [{ from: [3, 2, 9], before: [3, 2, 11] }],
    needs: 'master-worker',
    what: 'after a worker failed to start the master takes no reload signal (SIGUSR2) any more',
    because: 'each later reload is silently ignored: files and what runs differ',
    source: 'haproxy#3229 (introduced in 3.2.9, mended on 2026-01-06)',
    remedy:
      'reload by the command "reload" on the master socket meanwhile ("hitless reload" does), or upgrade',
  },
  {
    id: 'reload-storm-3.5',
    severity: 'warning',
    affected: [{ from: [3, 5, 0], before: [3, 5, 1] }],
    needs: 'master-worker',
    what: 'reload signals in quick succession make later connections fail',
    because:
      'with about 7 signals a second 56 to 96 % of the connections were reset for the rest of the run',
    source: 'measured with 3.5-dev5',
    remedy: 'reload one at a time: "hitless reload" waits for each to be confirmed',
  },
];
