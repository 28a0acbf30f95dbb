import { refused } from '../error.js';
import { print } from '../haproxy/config/document.js';
import { startEnvironment } from '../haproxy/environment.js';
import { globalsOf } from '../haproxy/config/globals.js';
import { resolve, type Config } from '../haproxy/config/resolve.js';
import { readConfigFiles, type ConfigFile } from '../haproxy/config-files.js';
import type { Instance } from '../haproxy/instance.js';
import type { Runtimes } from '../haproxy/runtime/runtimes.js';
import type { Host } from '../host/host.js';
import type { Facts } from '../methods/facts.js';
import { METHODS } from '../methods/registry.js';
import { sha256, type ReplaceFile } from '../steps/replace-file.js';
import { checkConfig, type Check, type Edit } from './check-config.js';
import { decideMethod, needsHoldFacts } from './decide.js';
import { gatherFacts } from './facts.js';
import { gatherHoldFacts } from './hold-facts.js';
import { withKept } from './keep-step.js';
import { makePlan, type Plan } from './plan.js';
import { refuseTakenPorts } from './taken-ports.js';
import type { FileEdit, ReloadRequest } from './request.js';
import { keptConfig } from './running.js';
import { UNCHANGED } from './run-plan.js';

/**
 * Checks the configuration with exactly what will be started, and plans.
 * Touches nothing but a candidate file beside an edited one.
 *
 * @param stateDir null for a dry run; `keptIn`: where what runs is kept
 * @throws HitlessError, exit code 10 (refused) or 2
 */
export async function prepare(
  host: Host,
  runtimes: Runtimes,
  request: ReloadRequest,
  instance: Instance,
  { stateDir, keptIn }: { readonly stateDir: string | null; readonly keptIn: string },
): Promise<Plan | typeof UNCHANGED> {
  const examined = await examine(host, instance, request, stateDir);
  if (request.edit !== undefined && examined.edits.length === 0) return UNCHANGED;
  return await planReload(host, runtimes, request, instance, { ...examined, keptIn });
}

/** What is to be read and written, before it is checked. */
export interface Examined {
  /** As they will be. */
  readonly config: Config;
  /** As they are, without the edit. */
  readonly unedited: Config;
  /** Empty where there is nothing to edit, or the files say what is wanted already. */
  readonly edits: readonly Edit[];
  readonly check: Check;
}

/** Reads the files and edits them in memory. */
export async function examine(
  host: Host,
  instance: Instance,
  request: Pick<ReloadRequest, 'configFiles' | 'edit' | 'binary'>,
  stateDir: string | null,
): Promise<Examined> {
  refuseForeign(instance);
  const files = await readFiles(host, instance, request);
  const documents = files.map(({ document }) => document);
  const fileEdits = request.edit?.(documents) ?? [];
  const edits = fileEdits.map((edit) => toEdit(edit, files));
  const edited = documents.map(
    (document) => fileEdits.find(({ file }) => file === document.file)?.document ?? document,
  );
  const config = resolve(edited);
  return {
    config,
    unedited: edits.length === 0 ? config : resolve(documents),
    edits,
    check: await checkFor(host, instance, request, { files, config, stateDir }),
  };
}

/** Decides how to reload with the files as examined, and checks them. */
export async function planReload(
  host: Host,
  runtimes: Runtimes,
  request: ReloadRequest,
  instance: Instance,
  examined: Examined & { readonly keptIn: string },
): Promise<Plan> {
  const { edits, check } = examined;
  const wish = {
    ...examined,
    keepRuntime: request.keepRuntime === true,
    former: async () => await keptConfig(host, instance, examined.keptIn),
  };
  const known = await gatherFacts(host, runtimes, instance, check, wish);
  const facts = needsHoldFacts(request.method, known)
    ? { ...known, holds: await gatherHoldFacts(host, known) }
    : known;
  await refuseTakenPorts(host, facts, instance);
  const choice = decideMethod(request, facts);
  refuseUnkept(request, facts);
  const startIsCheck = METHODS[choice.method].startIsCheck(facts) && edits.length === 0;
  if (!startIsCheck || check.stateDir === null) await checkConfig(host, check, edits);
  const plan = makePlan(choice, { drainTimeoutMs: drainTimeoutMs(request, facts) }, facts, {
    edits: [
      ...(await editSteps(edits)),
      ...(await Promise.all(facts.state.entries.map(toEntryStep))),
    ],
    notes: notesFor(facts),
  });
  return await withKept(host, plan, examined, facts.state.entries);
}

/** Who asks for all to be kept is told what cannot be. */
function refuseUnkept({ keepRuntime, allowLoss }: ReloadRequest, { state }: Facts): void {
  const [first] = state.losses;
  if (keepRuntime !== true || allowLoss || first === undefined) return;
  const list = state.losses.map(({ what, because }) => `  ${what}: ${because}`).join('\n');
  throw refused('not-lossless', `--keep-runtime cannot keep:\n${list}`, {
    hint: `${first.remedy}; or accept the loss with --allow-loss`,
  });
}

function refuseForeign({ leader }: Instance): void {
  if (leader.exe === '') {
    throw refused(
      'permission',
      `cannot look into pid ${leader.pid}, which belongs to user ${leader.uid}`,
      {
        subject: `pid ${leader.pid}`,
        hint: 'run hitless as root, or as the user who started HAProxy',
      },
    );
  }
  if (leader.foreign.pid) {
    throw refused(
      'target-foreign',
      `pid ${leader.pid} lives in another pid namespace (a container)`,
      {
        subject: `pid ${leader.pid}`,
        hint: `run hitless inside it: nsenter --target ${leader.pid} --all hitless reload`,
      },
    );
  }
}

async function readFiles(
  host: Host,
  { leader, arguments: args }: Instance,
  { configFiles }: Pick<ReloadRequest, 'configFiles'>,
): Promise<readonly ConfigFile[]> {
  const names = configFiles ?? args.configFiles;
  refuseUnknownFolder(leader, names, configFiles === undefined);
  return await readConfigFiles(host, names, leader.cwd);
}

async function checkFor(
  host: Host,
  instance: Instance,
  request: Pick<ReloadRequest, 'binary'>,
  { files, config, stateDir }: Pick<Check, 'files' | 'stateDir'> & { readonly config: Config },
): Promise<Check> {
  const { leader, arguments: args } = instance;
  const environment = await host.processes.environment(leader.pid);
  if (environment === undefined) {
    throw refused('permission', `cannot read the environment of pid ${leader.pid}`, {
      subject: `pid ${leader.pid}`,
      hint: 'run hitless as root, or as the user who started HAProxy',
    });
  }
  return {
    arguments: args,
    program: request.binary ?? leader.exe,
    files,
    cwd: leader.cwd,
    environment: startEnvironment(environment),
    namespacesOf: leader.pid,
    stateDir,
    user: startUser(leader, config),
  };
}

/** After a chroot the working directory of the start is not known any more. */
function refuseUnknownFolder(
  leader: Instance['leader'],
  names: readonly string[],
  learnt: boolean,
): void {
  const relative = names.find((name) => !name.startsWith('/'));
  if (!learnt || leader.root === '/' || relative === undefined) return;
  throw refused(
    'config-unreadable',
    `pid ${leader.pid} was started with the relative path ${relative} and has called chroot since`,
    { subject: relative, hint: 'name every configuration file with -f /FULL/PATH' },
  );
}

/** A process that dropped its privileges by `user` or `uid` was started as root. */
function startUser(
  leader: Instance['leader'],
  config: Config,
): { readonly uid: number; readonly gid: number } {
  const globals = globalsOf(config);
  const dropped = leader.uid !== 0 && (globals.user ?? globals.uid) !== undefined;
  return dropped ? { uid: 0, gid: 0 } : { uid: leader.uid, gid: leader.gid };
}

function toEdit(edit: FileEdit, files: readonly ConfigFile[]): Edit {
  const file = files.find(({ path }) => path === edit.file);
  if (file === undefined) throw new TypeError(`no such configuration file: ${edit.file}`);
  return { file, content: print(edit.document), summary: edit.summary };
}

export async function editSteps(edits: readonly Edit[]): Promise<readonly ReplaceFile[]> {
  return await Promise.all(edits.map(toStep));
}

async function toStep({ file, content, summary }: Edit, at: number): Promise<ReplaceFile> {
  return {
    kind: 'replace-file',
    id: `edit-${at + 1}`,
    path: file.absolutePath,
    formerSha256: await sha256(file.content),
    contentBase64: content.toString('base64'),
    summary,
  };
}

async function toEntryStep(
  { path, content, wanted, summary }: Facts['state']['entries'][number],
  at: number,
): Promise<ReplaceFile> {
  return {
    kind: 'replace-file',
    id: `entries-${at + 1}`,
    path,
    formerSha256: await sha256(content),
    contentBase64: wanted.toString('base64'),
    summary,
  };
}

/** Longer than the configuration lets an idle client stay: by then all have been told to leave. */
const DRAIN_MARGIN_MS = 1_000;
const DRAIN_WITHOUT_TIMEOUT_MS = 60_000;
const DRAIN_LIMIT_MS = 600_000;

function drainTimeoutMs(request: ReloadRequest, facts: Facts): number {
  if (request.drainTimeoutMs !== undefined) return request.drainTimeoutMs;
  if (facts.idleTimeoutMs === null) return DRAIN_WITHOUT_TIMEOUT_MS;
  return Math.min(facts.idleTimeoutMs + DRAIN_MARGIN_MS, DRAIN_LIMIT_MS);
}

function notesFor(facts: Facts): readonly string[] {
  const notes: string[] = [...facts.state.notes];
  const { unmatched } = facts.listeners;
  if (unmatched.length > 0) {
    const names = unmatched.map(({ local }) => local).join(', ');
    notes.push(`no bind in the files names ${names}: it may be gone after the reload`);
  }
  if (facts.runtime.sockets.length === 0) {
    notes.push(
      'no stats socket: only the listeners can be confirmed, not an answer of the new process',
    );
  }
  return notes;
}
