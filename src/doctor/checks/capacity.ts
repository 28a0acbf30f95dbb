import type { Place } from '../../haproxy/config/resolve.js';
import type { Check } from '../check.js';
import type { DoctorFacts } from '../facts.js';
import { globalStatement, placeOf, word } from '../settings.js';

/** Whether there is room for two generations at once. */

/** Listeners, checks, logs and the like, beside two for each connection. */
const OTHER_FILES = 100;

const openFiles: Check = {
  id: 'open-files',
  severity: 'warning',
  because:
    'the new process cannot reach its maxconn: connections are accepted and then fail, or it refuses to start, just when the old one has been told to finish',
  source: 'HAProxy management manual, 5, "File-descriptor limitations"',
  remedy:
    'take "ulimit-n" out (HAProxy computes it), raise LimitNOFILE of the unit, or lower maxconn',
  signs: (facts) => {
    const need = neededFiles(facts);
    const limit = need === undefined ? undefined : limitOf(facts);
    if (need === undefined || limit === undefined || limit.value >= need.files) return [];
    const what = `maxconn ${need.maxconn} needs about ${need.files} open files, ${limit.name} is ${limit.value}`;
    return [{ subject: limit.name, what, place: limit.place ?? need.place }];
  },
};

function neededFiles({
  config,
}: DoctorFacts): { maxconn: number; files: number; place: Place } | undefined {
  const found = config === null ? undefined : globalStatement(config, 'maxconn');
  const maxconn = Number(found && word(found.statement, 1));
  if (found === undefined || !Number.isInteger(maxconn)) return undefined;
  return { maxconn, files: 2 * maxconn + OTHER_FILES, place: placeOf(found) };
}

function limitOf({
  config,
  running,
}: DoctorFacts): { name: string; value: number; place?: Place } | undefined {
  const found = config === null ? undefined : globalStatement(config, 'ulimit-n');
  const value = Number(found && word(found.statement, 1));
  if (found !== undefined && Number.isInteger(value))
    return { name: 'ulimit-n', value, place: placeOf(found) };
  if (running === null || running.openFiles === null) return undefined;
  return { name: `the limit of pid ${running.pid}`, value: running.openFiles };
}

const fileMax: Check = {
  id: 'file-max',
  severity: 'warning',
  because:
    'two generations under full load need more open files than the whole system has: accept fails in both',
  source: 'Linux, Documentation/admin-guide/sysctl/fs.rst, file-max; HAProxy management manual, 5',
  remedy: 'raise fs.file-max, or lower maxconn',
  signs: (facts) => {
    const need = neededFiles(facts);
    const max = Number(facts.host.sysctls.get('fs.file-max'));
    if (need === undefined || Number.isNaN(max) || max >= 2 * need.files) return [];
    const what = `fs.file-max is ${max}; two generations need about ${2 * need.files}`;
    return [{ subject: 'fs.file-max', what, place: need.place }];
  },
};

const MEGABYTE = 1024 * 1024;

const memory: Check = {
  id: 'memory',
  severity: 'warning',
  because:
    'during a reload old and new process are both in memory, and the old one as long as its clients stay: the kernel kills one of them when there is no room',
  source: 'Linux, Documentation/filesystems/proc.rst, MemAvailable; HAProxy management manual, 6',
  remedy:
    'free memory, or set hard-stop-after and mworker-max-reloads so that few old processes are left',
  signs: ({ running, host }) => {
    const { availableBytes } = host;
    if (running === null || running.residentBytes === null || availableBytes === null) return [];
    if (availableBytes >= running.residentBytes) return [];
    const size = Math.round(running.residentBytes / MEGABYTE);
    const free = Math.round(availableBytes / MEGABYTE);
    return [
      {
        subject: `pid ${running.pid}`,
        what: `pid ${running.pid} uses ${size} MB, ${free} MB are available for the next one`,
      },
    ];
  },
};

export const CAPACITY: readonly Check[] = [openFiles, fileMax, memory];
