import { NO_STATE } from '../../src/reload/state-facts.js';
import type { Facts } from '../../src/methods/facts.js';
import { parseArguments } from '../../src/haproxy/arguments.js';

/** A daemon on a new kernel where every method is lossless; tests change one fact at a time. */
export const FACTS: Facts = {
  mode: 'daemon',
  serving: { pid: 7, startTicks: 70 },
  master: null,
  masterSocket: null,
  supervisor: null,
  program: '/usr/sbin/haproxy',
  arguments: parseArguments(['haproxy', '-D', '-f', '/a.cfg', '-p', '/a.pid']),
  configFiles: ['/a.cfg'],
  cwd: '/',
  user: { uid: 0, gid: 0 },
  pidFile: '/a.pid',
  runtime: { sockets: ['/stats'], admin: true, passesSocketsAt: '/stats' },
  frontends: [{ name: 'web', http: true, cutsIdleClients: false, place: '/a.cfg:3' }],
  listeners: {
    kept: [{ family: 'ipv4', local: '0.0.0.0:80', inode: 1, passable: true }],
    added: [{ family: 'ipv4', local: '0.0.0.0:81' }],
    unmatched: [{ family: 'ipv4', local: '0.0.0.0:82', inode: 2 }],
  },
  runningKnown: true,
  migrateRequests: 'off',
  holds: { nft: null, plug: null, interfaces: ['eth0'] },
  idleTimeoutMs: 1_000,
  state: NO_STATE,
};

export const MASTER: Facts = {
  ...FACTS,
  mode: 'master-worker',
  master: { pid: 6, startTicks: 60 },
  masterSocket: '/master',
};

export const CUTTING: Facts = {
  ...FACTS,
  frontends: FACTS.frontends.map((frontend) => ({ ...frontend, cutsIdleClients: true })),
};

export const IPV6: Facts = {
  ...FACTS,
  listeners: {
    ...FACTS.listeners,
    kept: [
      ...FACTS.listeners.kept,
      { family: 'ipv6', local: '[::1]:80', inode: 3, passable: false },
    ],
  },
};

export const UNIX: Facts = {
  ...FACTS,
  listeners: {
    ...FACTS.listeners,
    kept: [...FACTS.listeners.kept, { family: 'unix', local: '/web', inode: 4, passable: true }],
  },
};

export const NOT_PASSING: Facts = {
  ...FACTS,
  runtime: { ...FACTS.runtime, passesSocketsAt: null },
};
export const NO_ADMIN: Facts = { ...FACTS, runtime: { ...FACTS.runtime, admin: false } };
