import type { DoctorFacts, RunningFacts } from '../../src/doctor/facts.js';
import { parseText } from '../../src/haproxy/config/document.js';
import { resolve } from '../../src/haproxy/config/resolve.js';
import { parseVersion, type Version } from '../../src/haproxy/version.js';

export const FILE = '/etc/haproxy/haproxy.cfg';

/** A configuration in which nothing is found. */
export const GOOD = `global
  daemon
  maxconn 1000
  stats socket /run/s mode 600 level admin expose-fd listeners
  hard-stop-after 1h
  server-state-file /var/state
defaults
  mode http
  timeout client 1m
  timeout server 1m
  timeout tunnel 1h
  option idle-close-on-response
  load-server-state-from-file global
frontend www
  bind :80
  default_backend web
backend web
  server a 10.0.0.1:80 check
`;

export const RUNNING: RunningFacts = {
  pid: 7,
  startedMs: 1_000,
  ports: [80],
  draining: [],
  failedReloads: 0,
  residentBytes: 50_000_000,
  openFiles: 4_096,
};

/** A release in which no advisory counts. */
export const CLEAN = version('2.8.9');

export function version(text: string): Version {
  const parsed = parseVersion(`HAProxy version ${text} 2023/03/28`);
  if (parsed === undefined) throw new TypeError(text);
  return parsed;
}

/** A host on which nothing is found, with what a test changes. */
export function facts(
  changes: Partial<DoctorFacts> & { readonly text?: string } = {},
): DoctorFacts {
  const { text = GOOD, ...rest } = changes;
  return {
    config: resolve([parseText(FILE, text)]),
    version: CLEAN,
    mode: 'daemon',
    running: RUNNING,
    stateFiles: [{ path: '/var/state', modifiedMs: 2_000, file: FILE, line: 6 }],
    host: {
      nowMs: 10_000,
      sysctls: new Map([
        ['net.ipv4.tcp_migrate_req', '0'],
        ['net.core.somaxconn', '4096'],
        ['net.ipv4.tcp_abort_on_overflow', '0'],
        ['net.ipv4.tcp_max_syn_backlog', '1024'],
        ['net.netfilter.nf_conntrack_max', '1000'],
        ['net.netfilter.nf_conntrack_count', '10'],
        ['net.netfilter.nf_conntrack_tcp_loose', '1'],
        ['fs.file-max', '1000000'],
      ]),
      availableBytes: 500_000_000,
      configModifiedMs: 500,
    },
    traffic: {
      ruleset: { tables: [], chains: [], rules: [], maps: [] },
      qdiscs: [],
      iptables: [],
      openRuns: [],
    },
    unit: null,
    nginx: null,
    apache: null,
    ...rest,
  };
}
