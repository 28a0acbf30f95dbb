import { globalsOf, type StatsSocket } from '../../haproxy/config/globals.js';
import { isBefore } from '../../haproxy/version.js';
import type { Check } from '../check.js';
import { statementIn } from '../fix.js';
import {
  globalSection,
  globalStatement,
  longestTimeout,
  passesListeners,
  placeOf,
  word,
} from '../settings.js';

/** How the process hands over, and how long old ones stay. */

const exposeFd: Check = {
  id: 'expose-fd',
  severity: 'warning',
  because:
    'the new process cannot fetch the listening sockets of the old one and binds its own; what waits in the old accept queue is reset: 0.28 to 0.80 % of new connections at 2500 to 3000/s, 31 % with a stalled old process',
  source: 'HAProxy configuration manual, 5.1, "expose-fd listeners"; management manual, 4',
  remedy: 'add "expose-fd listeners" to a stats socket with level admin',
  signs: (facts) => {
    const { config } = facts;
    if (config === null || passesListeners(facts)) return [];
    const sockets = globalsOf(config).statsSockets.filter(({ conditional }) => !conditional);
    const socket = sockets.find(({ level }) => level === 'admin') ?? sockets[0];
    const what = 'no stats socket passes the listeners on to the next process';
    if (socket === undefined) return [{ subject: 'stats socket', what }];
    const { file, line } = socket;
    const fix = { kind: 'append-words', file, line, words: 'expose-fd listeners' } as const;
    return [{ subject: socket.address.raw, what, place: placeOf(socket), fix }];
  },
};

const adminSocket: Check = {
  id: 'admin-socket',
  severity: 'warning',
  because:
    'changes that need no reload (weight, state, maxconn, addresses) and the method quiesce need an admin socket: without one each change costs a reload, and a reload cannot be confirmed by an answer of the new process',
  source:
    'HAProxy configuration manual, 3.1, "stats socket" and 5.1, "level"; management manual, 9.3',
  remedy:
    'have "stats socket /run/haproxy/admin.sock mode 600 level admin expose-fd listeners" in global',
  signs: ({ config }) => {
    if (config === null) return [];
    const sockets = globalsOf(config).statsSockets;
    if (sockets.some(({ level }) => level === 'admin')) return [];
    const [socket] = sockets;
    if (socket === undefined)
      return [{ subject: 'stats socket', what: 'there is no stats socket' }];
    const { file, line, level, conditional } = socket;
    const what = `no stats socket has level admin; ${socket.address.raw} has level ${level}`;
    const fix = { kind: 'append-words', file, line, words: 'level admin' } as const;
    // Who may talk to a socket that others can open is for its owner to decide.
    const isOwn = isPrivate(socket) && level === 'operator' && !conditional;
    return [
      { subject: socket.address.raw, what, place: { file, line }, ...(isOwn ? { fix } : {}) },
    ];
  },
};

/** Only its owner may connect: that takes the right to write (unix(7)), which 022 leaves to him. */
function isPrivate({ address, mode }: StatsSocket): boolean {
  return address.family === 'unix' && (mode === undefined || mode.endsWith('00'));
}

const hardStop: Check = {
  id: 'hard-stop-after',
  severity: 'warning',
  because:
    'an old process stays as long as one client does (days, with tunnels): each reload adds one more with its memory, its health checks and its listeners; 28 alive at once were seen',
  source: 'HAProxy configuration manual, 3.1, "hard-stop-after"',
  remedy: 'set "hard-stop-after" in global, not shorter than the longest time-out',
  signs: ({ config }) => {
    if (config === null || globalsOf(config).hardStopAfterMs !== undefined) return [];
    const global = globalSection(config);
    const longest = longestTimeout(config);
    const what = 'nothing ends an old process whose clients stay (no hard-stop-after)';
    const fix =
      global === undefined || longest === undefined
        ? {}
        : { fix: statementIn(global, 'hard-stop-after', [longest.text]) };
    return [{ subject: 'hard-stop-after', what, ...fix }];
  },
};

const hardStopShort: Check = {
  id: 'hard-stop-short',
  severity: 'warning',
  because:
    'the old process ends at that time and cuts whatever is still open, in the midst of answers too',
  source: 'HAProxy configuration manual, 3.1, "hard-stop-after"',
  remedy: 'make hard-stop-after longer than the time-out, or the time-out shorter',
  signs: ({ config }) => {
    if (config === null) return [];
    const hard = globalsOf(config).hardStopAfterMs;
    const longest = longestTimeout(config);
    if (hard?.value === undefined || longest === undefined || hard.value >= longest.ms) return [];
    const what = `hard-stop-after (${hard.value} ms) is shorter than "timeout ${longest.name} ${longest.text}" (${longest.file}:${longest.line})`;
    return [{ subject: 'hard-stop-after', what, place: placeOf(hard) }];
  },
};

/** Far above what one at a time leaves, far below what fills a host. */
const MAX_RELOADS = 20;

const maxReloads: Check = {
  id: 'max-reloads',
  severity: 'warning',
  because:
    'the number of old workers has no limit; each has its memory and costs the master a descriptor, and the accept rate of 2.6 falls with their number',
  source: 'HAProxy configuration manual, 3.1, "mworker-max-reloads"; haproxy#2184, haproxy#2371',
  remedy: `set "mworker-max-reloads ${MAX_RELOADS}" in global`,
  signs: ({ config, mode }) => {
    if (config === null || mode !== 'master-worker') return [];
    if (globalsOf(config).mworkerMaxReloads !== undefined) return [];
    const global = globalSection(config);
    const what = 'the master keeps any number of old workers';
    const fix =
      global === undefined
        ? {}
        : { fix: statementIn(global, 'mworker-max-reloads', [String(MAX_RELOADS)]) };
    return [{ subject: 'mworker-max-reloads', what, ...fix }];
  },
};

const nbproc: Check = {
  id: 'nbproc',
  severity: 'warning',
  because:
    'each process has listeners, tables, checks and a socket of its own: only one of them is asked or confirmed; HAProxy 2.5 and later refuse the line, so that an upgrade fails at its first reload',
  source:
    'HAProxy 2.5, src/cfgparse-global.c: "nbproc is not supported any more since HAProxy 2.5"',
  remedy: 'take the line out and use nbthread',
  signs: ({ config, version }) => {
    const line = config === null ? undefined : globalsOf(config).nbproc;
    if (line === undefined || line.value === '1') return [];
    const refused = version !== null && !isBefore(version, [2, 5, 0]);
    const what = `nbproc ${line.value}`;
    return [
      { subject: 'nbproc', what, place: placeOf(line), ...(refused ? { severity: 'error' } : {}) },
    ];
  },
};

const grace: Check = {
  id: 'grace',
  severity: 'warning',
  because:
    'the old process goes on accepting for that time after it was told to stop; the manual forbids it for processes that are reloaded: the new one may not start',
  source: 'HAProxy configuration manual, 3.1, "grace"',
  remedy: 'take the line out; hitless waits for the old listener by itself',
  signs: ({ config }) => {
    if (config === null) return [];
    const global = globalStatement(config, 'grace');
    const own = config.sections.flatMap((section) =>
      section.kind === 'global'
        ? []
        : section.statements
            .filter(({ keyword }) => keyword === 'grace')
            .map((statement) => ({
              file: section.file,
              line: statement.line.number,
              what: `grace in ${section.kind} ${section.name}`.trimEnd(),
            })),
    );
    const inGlobal =
      global === undefined
        ? []
        : [{ ...placeOf(global), what: `grace ${word(global.statement, 1) ?? ''}` }];
    return [...inGlobal, ...own].map(({ what, file, line }) => ({
      subject: 'grace',
      what,
      place: { file, line },
    }));
  },
};

export const PROCESS: readonly Check[] = [
  exposeFd,
  adminSocket,
  hardStop,
  hardStopShort,
  maxReloads,
  nbproc,
  grace,
];
