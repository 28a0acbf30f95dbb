import { usage } from '../error.js';
import { nameReader } from '../haproxy/certificate-names.js';
import { inServedOrder } from '../haproxy/changes/certificate-order.js';
import { compareConfigs } from '../haproxy/changes/compare.js';
import { entriesOf } from '../haproxy/changes/crt-lists.js';
import { compareReferenced, type ReferencedFiles } from '../haproxy/changes/referenced.js';
import { driftOf, type Drift } from '../haproxy/changes/drift.js';
import { parse, printText, type Document } from '../haproxy/config/document.js';
import { maxconnPerProxy } from '../haproxy/arguments.js';
import { filesKept } from '../haproxy/files-as-read.js';
import type { Config } from '../haproxy/config/resolve.js';
import { readReferenced } from '../haproxy/referenced-files.js';
import type { Instance } from '../haproxy/instance.js';
import { parseInfo } from '../haproxy/runtime/answers.js';
import type { ConfigChange, RuntimeChange } from '../haproxy/runtime/change.js';
import { readRuntime } from '../haproxy/runtime/read-runtime.js';
import type { Runtimes } from '../haproxy/runtime/runtimes.js';
import { notComparedText } from '../haproxy/state/not-compared.js';
import type { Host, RuntimeConnection } from '../host/host.js';
import { asItRuns } from './as-it-runs.js';
import type { Edit } from './check-config.js';
import { runtimeFacts, whyNoCommands } from './facts.js';
import { examine, type Examined } from './prepare.js';
import type { FileEdit } from './request.js';
import { readRunning, type Running } from './running.js';

export interface ChangesRequest {
  /** Absolute paths; the running process's own when absent. */
  readonly configFiles?: readonly string[];
  readonly binary?: string;
  /** What shall stand in one of these files. */
  readonly newFile?: NewFile;
}

export interface NewFile {
  /** As the user named it. */
  readonly path: string;
  readonly content: Buffer;
}

/** The difference between what runs and what the files say, or will say. */
export interface Changes {
  readonly changes: readonly ConfigChange[];
  /** Runtime state that the running configuration does not have. */
  readonly drift: readonly Drift[];
  readonly needsReload: boolean;
  /** All that can be made at run time, in the order of `changes`. */
  readonly runtimeChanges: readonly RuntimeChange[];
  /** What is to be written first; empty when the files themselves are what is new. */
  readonly fileEdits: readonly Edit[];
  readonly running: Running;
  /** Of the running HAProxy; undefined when it cannot be asked. */
  readonly version: string | undefined;
  /** Runtime sockets of the running process, those with level admin first. */
  readonly sockets: readonly string[];
  readonly examined: Examined;
  /** As the new process would read them. */
  readonly referenced: ReferencedFiles;
  /** What could not be looked at, in words. */
  readonly notes: readonly string[];
}

/**
 * Compares the running HAProxy with its files, or with a new one. Reads only; `haproxy -c` is for
 * the caller (checkConfig with `examined.check` and `fileEdits`).
 *
 * @throws HitlessError, exit code 10 (refused) or 2
 */
export async function computeChanges(
  host: Host,
  runtimes: Runtimes,
  instance: Instance,
  request: ChangesRequest,
  stateDir: string,
): Promise<Changes> {
  const examined = await examineWith(host, instance, request, stateDir);
  const { config, edits, check } = examined;
  const referenced = await readReferenced(host, config, check.cwd);
  const running = await readRunning(host, instance, stateDir);
  const known = running.kind === 'known' ? running.config : config;
  const { facts } = await runtimeFacts(runtimes, instance, known, check.cwd);
  const { sockets, admin } = facts;
  const connection = sockets.length > 0 ? await runtimes.to(instance.serving, sockets) : undefined;
  const version = connection && parseInfo(await connection.ask('show info')).get('Version');
  const compared =
    running.kind === 'unknown'
      ? [unknownChange(running.because)]
      : [
          ...compareConfigs(running.config, config, version ?? 'unknown'),
          ...compareReferenced(running.referenced, referenced, config, version ?? 'unknown'),
        ];
  const served = await asServed(compared, referenced, config);
  const possible = served.map((change) => withoutSocket(change, admin, sockets));
  const changes = connection === undefined ? possible : await asItRuns(connection, possible);
  const { drift, notes } =
    connection && running.kind === 'known'
      ? await driftFrom(connection, running, instance)
      : { drift: [], notes: [] };
  return {
    changes,
    drift,
    needsReload: changes.some(({ by }) => by.kind === 'reload'),
    runtimeChanges: changes.flatMap(({ by }) => (by.kind === 'runtime' ? by.changes : [])),
    fileEdits: edits,
    running,
    version,
    sockets,
    examined,
    referenced,
    notes: [
      ...notes,
      ...(connection === undefined ? ['there is no stats socket: drift cannot be seen'] : []),
      ...(running.kind === 'unknown'
        ? ['drift cannot be told either: a reload begins with the files']
        : []),
    ],
  };
}

async function driftFrom(
  connection: RuntimeConnection,
  { config, referenced }: Extract<Running, { kind: 'known' }>,
  instance: Instance,
): Promise<Pick<Changes, 'drift' | 'notes'>> {
  const reading = await readRuntime(connection, {
    fileAsRead: filesKept(referenced),
    entriesOf: (text) => entriesOf(text, config),
    all: false,
  });
  return {
    drift: driftOf(config, reading, maxconnPerProxy(instance.arguments)),
    notes: reading.notCompared.map(notComparedText),
  };
}

/** Names are read only where a certificate is replaced. */
async function asServed(
  changes: readonly ConfigChange[],
  referenced: ReferencedFiles,
  config: Config,
): Promise<readonly ConfigChange[]> {
  const replaces = changes.some(
    ({ by }) => by.kind === 'runtime' && by.changes.some(({ kind }) => kind === 'certificate'),
  );
  return replaces ? inServedOrder(changes, referenced, config, await nameReader()) : changes;
}

async function examineWith(
  host: Host,
  instance: Instance,
  { newFile, configFiles, binary }: ChangesRequest,
  stateDir: string,
): Promise<Examined> {
  const edit = (documents: readonly Document[]): readonly FileEdit[] =>
    newFile === undefined ? [] : editWith(documents, newFile);
  const request = {
    edit,
    ...(configFiles === undefined ? {} : { configFiles }),
    ...(binary === undefined ? {} : { binary }),
  };
  return await examine(host, instance, request, stateDir);
}

/** The file that the new one is for: the only one, or the one with its name. */
function editWith(documents: readonly Document[], { path, content }: NewFile): readonly FileEdit[] {
  const name = path.split('/').at(-1);
  const [only, second] = documents;
  const same = documents.filter(({ file }) => file.split('/').at(-1) === name);
  const target = second === undefined ? only : same.length === 1 ? same[0] : undefined;
  if (target === undefined) {
    const all = documents.map(({ file }) => file).join(', ');
    throw usage(
      `it is not clear which file ${path} is for: ${all}`,
      'give it the name of one of them',
    );
  }
  const document = parse(target.file, content);
  if (printText(document) === printText(target)) return [];
  return [{ file: target.file, document, summary: `the content of ${path}` }];
}

function unknownChange(because: string): ConfigChange {
  return {
    sign: '~',
    subject: 'the whole configuration',
    before: null,
    after: null,
    by: { kind: 'reload', because: `what runs is not known: ${because}` },
  };
}

/** Who may not command cannot change anything at run time. */
function withoutSocket(
  change: ConfigChange,
  admin: boolean,
  [socket]: readonly string[],
): ConfigChange {
  if (change.by.kind !== 'runtime' || admin) return change;
  return { ...change, by: { kind: 'reload', because: whyNoCommands(socket) } };
}
