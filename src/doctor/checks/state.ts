import { globalsOf } from '../../haproxy/config/globals.js';
import type { Config, Found, Proxy } from '../../haproxy/config/resolve.js';
import { isBefore } from '../../haproxy/version.js';
import type { Check } from '../check.js';
import { placeOf, statementOf, valuesOf, word } from '../settings.js';

/** What a process knows and the next one does not. */

const LOAD = 'load-server-state-from-file';

const notLoaded: Check = {
  id: 'state-not-loaded',
  severity: 'warning',
  because:
    'the state is written for nothing: after a reload servers that were DOWN, DRAIN or MAINT get requests again, and weights are those of the file',
  source: `HAProxy configuration manual, 4.2, "${LOAD}"`,
  remedy: `add "${LOAD} global" to defaults`,
  signs: ({ config }) => {
    const file = config === null ? undefined : globalsOf(config).serverStateFile;
    if (config === null || file === undefined || backends(config).some(loads('global'))) return [];
    return [
      {
        subject: 'server-state-file',
        what: 'no backend loads the server-state-file',
        place: placeOf(file),
      },
    ];
  },
};

const noFile: Check = {
  id: 'state-without-file',
  severity: 'warning',
  because:
    'nothing is loaded: servers that were DOWN, DRAIN or MAINT get requests again after a reload',
  source: 'HAProxy configuration manual, 3.1, "server-state-file"',
  remedy:
    'set "server-state-file" in global, and write it before each reload ("show servers state")',
  signs: ({ config }) => {
    if (config === null || globalsOf(config).serverStateFile !== undefined) return [];
    const proxy = backends(config).find(loads('global'));
    const found = proxy && loading(proxy);
    if (found === undefined) return [];
    return [
      {
        subject: LOAD,
        what: 'states are loaded from a global file that is not named',
        place: placeOf(found),
      },
    ];
  },
};

const fileMissing: Check = {
  id: 'state-file-missing',
  severity: 'warning',
  because:
    'nothing is loaded: servers that were DOWN, DRAIN or MAINT get requests again after a reload',
  source: 'HAProxy configuration manual, 3.1, "server-state-file"',
  remedy: 'write it before each reload: the answer to "show servers state" on an admin socket',
  signs: ({ stateFiles }) =>
    stateFiles
      .filter(({ modifiedMs }) => modifiedMs === null)
      .map((file) => ({
        subject: file.path,
        what: `there is no ${file.path}`,
        place: placeOf(file),
      })),
};

const fileStale: Check = {
  id: 'state-file-stale',
  severity: 'warning',
  because:
    'the next process takes addresses, weights and states from it: an address that was edited in the configuration since is overridden by the old one, and servers are put back into states of long ago',
  source: `HAProxy configuration manual, 4.2, "${LOAD}", notes`,
  remedy:
    'write it immediately before each reload, or remove it; "init-addr" of a server decides whether its address is taken from there',
  signs: ({ stateFiles, running, host }) =>
    stateFiles.flatMap((file) => {
      const { modifiedMs, path } = file;
      if (modifiedMs === null) return [];
      const beforeStart = running !== null && modifiedMs < running.startedMs;
      const beforeEdit = host.configModifiedMs !== null && modifiedMs < host.configModifiedMs;
      if (!beforeStart && !beforeEdit) return [];
      const than = beforeEdit ? 'the last change of the configuration' : 'the running process';
      return [{ subject: path, what: `${path} is older than ${than}`, place: placeOf(file) }];
    }),
};

const healthForgotten: Check = {
  id: 'health-forgotten',
  severity: 'info',
  because:
    'a new process takes every server for UP until its checks have failed (inter x fall: 6 s by default): requests go to servers that are known to be down',
  source:
    'HAProxy configuration manual, 5.2, "check", "inter", "fall"; of 3.1 and later "init-state"; haproxy#51',
  remedy: `write "show servers state" to a server-state-file before each reload and add "${LOAD} global" to defaults`,
  signs: ({ config, version }) => {
    if (config === null) return [];
    const knows = version !== null && !isBefore(version, [3, 1, 0]);
    const names = backends(config).filter(
      (proxy) => checks(proxy) && loading(proxy) === undefined && !startsDown(proxy),
    );
    const [first] = names;
    if (first === undefined) return [];
    const many = names.length > 3 ? ` and ${names.length - 3} more` : '';
    const list = names
      .slice(0, 3)
      .map(({ name }) => name)
      .join(', ');
    const remedy =
      'add "init-state down" to the servers, or load their states from a server-state-file';
    return [
      {
        subject: first.name,
        what: `health of the servers of ${list}${many} is forgotten by a reload`,
        place: placeOf(first),
        ...(knows ? { remedy } : {}),
      },
    ];
  },
};

function checks(proxy: Proxy): boolean {
  return serverLines(proxy).some((words) => words.includes('check'));
}

function startsDown(proxy: Proxy): boolean {
  return serverLines(proxy).some((words) => words.includes('init-state'));
}

function serverLines({ section, defaults }: Proxy): readonly (readonly string[])[] {
  return [section, ...defaults].flatMap(({ statements }) =>
    statements
      .filter(({ keyword }) => ['server', 'default-server', 'server-template'].includes(keyword))
      .map(valuesOf),
  );
}

const tables: Check = {
  id: 'stick-table-peers',
  severity: 'warning',
  because:
    'the table begins empty after a reload: clients change their server in the midst of a session, and rate limits and bans are forgotten',
  source: 'HAProxy configuration manual, 3.5, "peers" and 4.2, "stick-table"',
  remedy:
    'add a section "peers local" with "bind 127.0.0.1:10000" and "server NAME" (NAME: the host name, or what "localpeer" in global says), and "peers local" to the stick-table line: the old process teaches the new one',
  signs: ({ config }) =>
    (config?.proxies ?? []).flatMap(({ section, kind, name }) =>
      section.statements.flatMap((statement) => {
        if (statement.keyword !== 'stick-table' || valuesOf(statement).includes('peers')) return [];
        const place = { file: section.file, line: statement.line.number };
        return [{ subject: name, what: `the stick table of ${kind} ${name} has no peers`, place }];
      }),
    ),
};

function backends(config: Config): readonly Proxy[] {
  return config.proxies.filter(({ kind }) => kind !== 'frontend');
}

function loading(proxy: Proxy): Found | undefined {
  const found = statementOf(proxy, LOAD);
  return found !== undefined && word(found.statement, 1) !== 'none' ? found : undefined;
}

function loads(from: string): (proxy: Proxy) => boolean {
  return (proxy) => {
    const found = loading(proxy);
    return found !== undefined && word(found.statement, 1) === from;
  };
}

export const STATE: readonly Check[] = [
  notLoaded,
  noFile,
  fileMissing,
  fileStale,
  healthForgotten,
  tables,
];
