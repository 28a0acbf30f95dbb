import { refused } from '../error.js';
import { balanceOf } from '../haproxy/config/proxy.js';
import { find, type Config, type Proxy } from '../haproxy/config/resolve.js';
import { wordsOf } from '../haproxy/config/sections.js';
import { findInstance, type Instance } from '../haproxy/instance.js';
import { parseInfo } from '../haproxy/runtime/answers.js';
import { whyNotAtRuntime, whyNotWithBalance } from '../haproxy/runtime/availability.js';
import type { RuntimeChange } from '../haproxy/runtime/change.js';
import { describeChange } from '../haproxy/runtime/commands.js';
import { readBackAll, wantedValue } from '../haproxy/runtime/read-back.js';
import type { Runtimes } from '../haproxy/runtime/runtimes.js';
import type { Host } from '../host/host.js';
import type { Step } from '../steps/registry.js';
import { checkConfig } from './check-config.js';
import { runtimeFacts } from './facts.js';
import type { Plan } from './plan.js';
import { editSteps, examine, planReload, type Examined } from './prepare.js';
import type { ReloadOptions } from './reload.js';
import type { ReloadRequest } from './request.js';
import { runPlan, UNCHANGED, type PlanResult } from './run-plan.js';

/** Changes of the running process, and the edit of the files that says the same. */
export interface ApplyRequest extends ReloadRequest {
  /** `before` is filled in from what HAProxy shows. */
  readonly changes: readonly RuntimeChange[];
  /** Why some part of the edit needs a reload; absent when the changes are all of it. */
  readonly needsReload?: string;
}

/**
 * Makes changes at run time when all of them can be, and otherwise reloads with the edited files.
 * The runtime part of a change that needs a reload anyway is left to that reload.
 *
 * @throws HitlessError with the exit code that says how things stand
 */
export async function applyRuntime(
  host: Host,
  request: ApplyRequest,
  options: ReloadOptions,
): Promise<PlanResult> {
  return await runPlan(
    host,
    { ...options, timeoutMs: request.timeoutMs },
    async (runtimes, stateDir) => await prepareApply(host, runtimes, request, stateDir),
  );
}

async function prepareApply(
  host: Host,
  runtimes: Runtimes,
  request: ApplyRequest,
  stateDir: string | null,
): Promise<Plan | typeof UNCHANGED> {
  const instance = await findInstance(host, request.target);
  const { examined, edited } = await examineFiles(host, instance, request, stateDir);
  const outlook = await outlookFor(runtimes, instance, request, examined);
  if (outlook.kind === 'reload') {
    if (edited === 'edited') {
      return withReasons(await planReload(host, runtimes, request, instance, examined), outlook);
    }
    throw refused('method-unusable', `it cannot be done at run time: ${outlook.because}`, {
      hint: edited === 'as wanted' ? 'the files say so already: "hitless reload"' : outlook.remedy,
    });
  }
  if (outlook.changes.length === 0 && examined.edits.length === 0) return UNCHANGED;
  if (examined.edits.length > 0) await checkConfig(host, examined.check, examined.edits);
  return await planFor(instance, outlook, examined, edited);
}

interface Files {
  readonly examined: Examined;
  readonly edited: 'edited' | 'as wanted' | 'left alone';
}

/** Files that say so already are no reason to leave the process as it is. */
async function examineFiles(
  host: Host,
  instance: Instance,
  request: ApplyRequest,
  stateDir: string | null,
): Promise<Files> {
  const examined = await examine(host, instance, request, stateDir);
  if (examined !== UNCHANGED) {
    return { examined, edited: request.edit === undefined ? 'left alone' : 'edited' };
  }
  const { edit: _unneeded, ...rest } = request;
  const again = await examine(host, instance, rest, stateDir);
  if (again === UNCHANGED) throw new TypeError('files without an edit cannot be unchanged');
  return { examined: again, edited: 'as wanted' };
}

type Outlook =
  | {
      readonly kind: 'runtime';
      readonly changes: readonly RuntimeChange[];
      readonly sockets: readonly string[];
    }
  | { readonly kind: 'reload'; readonly because: string; readonly remedy: string };

async function outlookFor(
  runtimes: Runtimes,
  instance: Instance,
  request: ApplyRequest,
  { config, check }: Examined,
): Promise<Outlook> {
  const remedy = 'leave out --runtime-only, so that the files are changed and loaded';
  if (request.needsReload !== undefined) {
    return { kind: 'reload', because: request.needsReload, remedy };
  }
  const { facts } = await runtimeFacts(runtimes, instance, config, check.cwd);
  if (!facts.admin) {
    const none = facts.sockets.length === 0;
    const because = none ? 'there is no stats socket' : `${facts.sockets[0]} has not "level admin"`;
    return { kind: 'reload', because, remedy: 'add "stats socket PATH level admin" to global' };
  }
  const connection = await runtimes.to(instance.serving, facts.sockets);
  const version = parseInfo(await connection.ask('show info')).get('Version') ?? 'unknown';
  const values = await readBackAll(connection, request.changes);
  const changes: RuntimeChange[] = [];
  for (const [at, asked] of request.changes.entries()) {
    const now = values[at] ?? null;
    const change = withBefore(asked, now);
    if (now === (await wantedValue(change))) continue;
    const because = whyNot(change, now, version, config);
    if (because !== undefined) {
      return { kind: 'reload', because: `${describeChange(change)}: ${because}`, remedy };
    }
    changes.push(change);
  }
  return { kind: 'runtime', changes, sockets: facts.sockets };
}

function withBefore(change: RuntimeChange, now: string | null): RuntimeChange {
  switch (change.kind) {
    case 'server':
      return { ...change, before: now ?? '' };
    case 'map-entry':
    case 'acl-entry':
      return { ...change, before: now };
    case 'frontend-maxconn':
    case 'global':
      return { ...change, before: Number(now) };
    default:
      return change;
  }
}

function whyNot(
  change: RuntimeChange,
  now: string | null,
  version: string,
  config: Config,
): string | undefined {
  const known = whyNotAtRuntime(change, version);
  if (known !== undefined) return known;
  if (now === null && MUST_EXIST.includes(change.kind)) {
    return 'the running process knows no such thing';
  }
  if (!('server' in change)) return undefined;
  const backend = config.proxies.find(
    ({ name, kind }) => name === change.server.backend && kind !== 'frontend',
  );
  return backend === undefined
    ? undefined
    : whyNotWithBalance(change, balanceOf(backend).value, isConsistent(backend));
}

function isConsistent(backend: Proxy): boolean {
  const found = find(backend, ({ keyword }) => keyword === 'hash-type');
  return found !== undefined && wordsOf(found.statement)[1]?.value === 'consistent';
}

const MUST_EXIST: readonly RuntimeChange['kind'][] = ['server', 'frontend-maxconn', 'global'];

/**
 * The process first, the files last: HAProxy decides, and until it has, the files are not touched.
 * Killed in between, files and whoever reloads them know only the former state.
 */
async function planFor(
  { serving }: Instance,
  { changes, sockets }: Extract<Outlook, { kind: 'runtime' }>,
  { edits }: Examined,
  edited: Files['edited'],
): Promise<Plan> {
  const process = { pid: serving.pid, startTicks: serving.startTicks };
  const change: Step = { kind: 'runtime-change', id: 'change', process, sockets, changes };
  return {
    method: 'runtime',
    reasons: ['runtime: HAProxy makes the change itself, the process stays'],
    losses: [],
    unverified: null,
    notes: edited === 'left alone' ? ['the files are left alone: a reload forgets the change'] : [],
    oldPids: [serving.pid],
    starts: [],
    handOver: [...(changes.length > 0 ? [change] : []), ...(await editSteps(edits))],
    retire: [],
  };
}

function withReasons(plan: Plan, { because }: Extract<Outlook, { kind: 'reload' }>): Plan {
  return { ...plan, reasons: [...plan.reasons, `not runtime: ${because}`] };
}
