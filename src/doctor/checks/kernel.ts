import { wantedListeners } from '../../haproxy/config-listeners.js';
import { divertsPort } from '../../host/nft-foreign.js';
import type { Check, Sign } from '../check.js';
import type { DoctorFacts } from '../facts.js';
import { passesListeners } from '../settings.js';

/** Kernel parameters of the network namespace in which the service lives. */

const IP_SYSCTL = 'Linux, Documentation/networking/ip-sysctl.rst';
const CONNTRACK_SYSCTL = 'Linux, Documentation/networking/nf_conntrack-sysctl.rst';
const MIGRATE = 'net.ipv4.tcp_migrate_req';

const migrate: Check = {
  id: 'tcp-migrate-req',
  severity: 'warning',
  because:
    'what waits in the queue of a listener that is closed is reset, although another one has the same port: 0.28 to 0.80 % of new connections with -sf alone; with the parameter 0 of 50,000',
  source: `${IP_SYSCTL}, tcp_migrate_req (Linux 5.14)`,
  remedy: `sysctl -w ${MIGRATE}=1, and keep it in /etc/sysctl.d; "hitless reload --method migrate" sets it for as long as it is needed`,
  signs: (facts) => {
    const value = facts.host.sysctls.get(MIGRATE);
    if (facts.config === null || value === '1' || !leavesQueues(facts)) return [];
    const what =
      value === undefined
        ? 'this kernel cannot move queued connections (tcp_migrate_req is missing)'
        : `${MIGRATE} is ${value}, and not every listener is passed on`;
    return [{ subject: MIGRATE, what }];
  },
};

/** Some listener of the next process is a new socket. */
function leavesQueues(facts: DoctorFacts): boolean {
  if (facts.config === null) return false;
  const { listeners } = wantedListeners(facts.config, {});
  return (
    listeners.length > 0 && (!passesListeners(facts) || listeners.some(({ passable }) => !passable))
  );
}

/** The kernel's own default since 5.4. */
const SOMAXCONN_MIN = 4_096;

const somaxconn: Check = {
  id: 'somaxconn',
  severity: 'warning',
  because:
    'the accept queue holds no more than this, whatever maxconn or backlog say: while processes change hands for 100 ms, 10,000 connections a second need 1000 places; what finds none waits for a retransmission (1 s and more)',
  source: `${IP_SYSCTL}, somaxconn (4096 since Linux 5.4)`,
  remedy: `sysctl -w net.core.somaxconn=${SOMAXCONN_MIN}, then reload: the queue has its length from listen()`,
  signs: ({ host }) => below(host.sysctls, 'net.core.somaxconn', SOMAXCONN_MIN),
};

const overflow: Check = {
  id: 'abort-on-overflow',
  severity: 'warning',
  because:
    'a client that finds the accept queue full is reset, where it would have waited a second otherwise',
  source: `${IP_SYSCTL}, tcp_abort_on_overflow: "might harm clients of your server"`,
  remedy: 'sysctl -w net.ipv4.tcp_abort_on_overflow=0',
  signs: ({ host }) =>
    host.sysctls.get('net.ipv4.tcp_abort_on_overflow') === '1'
      ? [{ subject: 'net.ipv4.tcp_abort_on_overflow', what: 'net.ipv4.tcp_abort_on_overflow is 1' }]
      : [],
};

const SYN_BACKLOG_MIN = 512;

const synBacklog: Check = {
  id: 'syn-backlog',
  severity: 'info',
  because:
    'half-open handshakes beyond this are refused or turned into cookies; a hold of SYNs is followed by all of them at once',
  source: `${IP_SYSCTL}, tcp_max_syn_backlog`,
  remedy: 'sysctl -w net.ipv4.tcp_max_syn_backlog=4096',
  signs: ({ host }) => below(host.sysctls, 'net.ipv4.tcp_max_syn_backlog', SYN_BACKLOG_MIN),
};

const NEARLY_FULL = 0.8;
const MAX = 'net.netfilter.nf_conntrack_max';
const COUNT = 'net.netfilter.nf_conntrack_count';

const conntrackFull: Check = {
  id: 'conntrack-full',
  severity: 'warning',
  because:
    'when the table is full the kernel drops new connections ("nf_conntrack: table full, dropping packet"); the methods flip, rolling and handoff need an entry for each connection',
  source: `${CONNTRACK_SYSCTL}, nf_conntrack_max`,
  remedy: `raise ${MAX}, or do not track the service ("notrack") where nothing needs it`,
  signs: ({ host }) => {
    const max = Number(host.sysctls.get(MAX));
    const count = Number(host.sysctls.get(COUNT));
    if (!(max > 0) || !(count >= NEARLY_FULL * max)) return [];
    return [{ subject: MAX, what: `${count} of ${max} connections are tracked` }];
  },
};

const conntrackLoose: Check = {
  id: 'conntrack-loose',
  severity: 'info',
  because:
    'connections that began before tracking did are picked up midstream as "new": a rule on "ct state new" then diverts established connections',
  source: `${CONNTRACK_SYSCTL}, nf_conntrack_tcp_loose`,
  remedy:
    'have the rule match the SYN flag (tcp flags & (fin|syn|rst|ack) == syn), or set nf_conntrack_tcp_loose=0',
  signs: ({ host, traffic, running }) => {
    const { ruleset } = traffic;
    if (host.sysctls.get('net.netfilter.nf_conntrack_tcp_loose') !== '1' || ruleset === null)
      return [];
    return (running?.ports ?? []).flatMap((port) => {
      const chain = divertsPort(ruleset, port);
      if (chain === undefined) return [];
      return [
        {
          subject: chain,
          what: `${chain} directs connections to port ${port} while nf_conntrack_tcp_loose is 1`,
        },
      ];
    });
  },
};

function below(sysctls: ReadonlyMap<string, string>, name: string, least: number): readonly Sign[] {
  const text = sysctls.get(name);
  if (text === undefined || Number(text) >= least) return [];
  return [{ subject: name, what: `${name} is ${text}` }];
}

/** What the checks of this file read. */
export const SYSCTLS: readonly string[] = [
  MIGRATE,
  'net.core.somaxconn',
  'net.ipv4.tcp_abort_on_overflow',
  'net.ipv4.tcp_max_syn_backlog',
  MAX,
  COUNT,
  'net.netfilter.nf_conntrack_tcp_loose',
  'fs.file-max',
];

export const KERNEL: readonly Check[] = [
  migrate,
  somaxconn,
  overflow,
  synBacklog,
  conntrackFull,
  conntrackLoose,
];
