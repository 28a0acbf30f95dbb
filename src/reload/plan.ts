import type { StateLoss } from '../haproxy/state/state-loss.js';
import type { Facts } from '../methods/facts.js';
import type { ExpectedLoss, MethodName, MethodRequest, PlanMethod } from '../methods/method.js';
import { whyNotByReload } from '../methods/own-command.js';
import { AUTO_ORDER, isMethodName, METHODS } from '../methods/registry.js';
import { throughBridge } from '../methods/supervised.js';
import type { Step } from '../steps/registry.js';

/** What will happen and why. Plain data: it is shown, journaled, and carried out as it stands. */
export interface Plan {
  readonly method: PlanMethod;
  /** Why this method, and why none before it. */
  readonly reasons: readonly string[];
  /** What cannot be kept from being lost; empty for a lossless reload. */
  readonly losses: readonly ExpectedLoss[];
  /** Why a plan without expected losses is still no promise; null when it is one. */
  readonly unverified: string | null;
  /** What only the running process knows, and nobody will know any more. No connection is lost. */
  readonly lostState?: readonly StateLoss[];
  /** What the user should know but need not act upon now. */
  readonly notes: readonly string[];
  /** Names the process in question, for locks and for `status`. */
  readonly oldPids: readonly number[];
  /** The steps that record the processes which serve in the end. */
  readonly starts: readonly string[];
  /** Up to the moment from which the new generation alone takes new connections. */
  readonly handOver: readonly Step[];
  /** What follows while the old generation drains; nobody needs to watch. */
  readonly retire: readonly Step[];
}

/** Both processes listen beside each other; the old one is quiesced if hitless may do that. */
const BESIDE: readonly MethodName[] = ['migrate', 'syn-hold', 'syn-drop'];

/**
 * A soft stop spares idle clients only if the *running* process has idle-close-on-response, and
 * files that have changed since it read them do not tell.
 */
function unverified(method: MethodName, facts: Facts): string | null {
  const softStops = method === 'fd-pass' || (BESIDE.includes(method) && !facts.runtime.admin);
  const restsOnOption = softStops && facts.frontends.some(({ http }) => http);
  if (!restsOnOption || facts.runningKnown) return null;
  return (
    `the files have changed since pid ${facts.serving.pid} read them: if it does not have ` +
    '"option idle-close-on-response" yet, keep-alive clients may lose a request this once'
  );
}

/** Somebody has to see it through: a supervisor's process takes over from the one that bridges. */
export function needsWatching(plan: Plan): boolean {
  return plan.retire.some(({ kind }) => kind === 'await-replacement');
}

export type Choice =
  | {
      readonly kind: 'chosen';
      readonly method: MethodName;
      readonly reasons: readonly string[];
      readonly losses: readonly ExpectedLoss[];
    }
  | { readonly kind: 'none'; readonly passedOver: readonly PassedOver[] };

export interface PassedOver {
  readonly method: PlanMethod;
  readonly because: string;
  readonly remedy: string;
  /** It could be used, at the price of a loss. */
  readonly usable: boolean;
}

/**
 * The first method that loses nothing here. With `allowLoss` the first usable one, when all lose.
 */
export function chooseMethod(facts: Facts, allowLoss: boolean): Choice {
  const passedOver: PassedOver[] = [];
  for (const method of AUTO_ORDER) {
    if (!isMethodName(method)) {
      passedOver.push({ method, ...whyNotByReload(method, facts), usable: false });
      continue;
    }
    const assessment = METHODS[method].assess(facts);
    if (!assessment.usable) {
      passedOver.push({
        method,
        because: assessment.because,
        remedy: assessment.remedy,
        usable: false,
      });
      continue;
    }
    const [loss] = assessment.losses;
    if (loss === undefined) {
      return { kind: 'chosen', method, reasons: reasonsFor(method, passedOver), losses: [] };
    }
    const because = `would lose ${loss.what}: ${loss.because}`;
    passedOver.push({ method, because, remedy: loss.remedy, usable: true });
  }
  const usable = passedOver.find((entry) => entry.usable);
  const method = usable?.method ?? '';
  if (!allowLoss || !isMethodName(method)) return { kind: 'none', passedOver };
  const assessment = METHODS[method].assess(facts);
  return {
    kind: 'chosen',
    method,
    reasons: reasonsFor(
      method,
      passedOver.filter((entry) => entry !== usable),
    ),
    losses: assessment.usable ? assessment.losses : [],
  };
}

function reasonsFor(method: MethodName, passedOver: readonly PassedOver[]): readonly string[] {
  return [
    `${method}: ${METHODS[method].summary}`,
    ...passedOver.map((entry) => `not ${entry.method}: ${entry.because}`),
  ];
}

/**
 * What is lost when the user has the old generation told to finish before the configuration's own
 * time-outs have ended its idle connections.
 */
export function drainLosses(
  method: MethodName,
  requestedMs: number | undefined,
  facts: Facts,
): readonly ExpectedLoss[] {
  const drains = method === 'quiesce' || (BESIDE.includes(method) && facts.runtime.admin);
  const cuts = facts.frontends.some(({ cutsIdleClients }) => cutsIdleClients);
  const mayIdleMs = facts.idleTimeoutMs ?? Number.POSITIVE_INFINITY;
  if (!drains || !cuts || requestedMs === undefined || requestedMs >= mayIdleMs) return [];
  const limit = Number.isFinite(mayIdleMs) ? `for ${mayIdleMs / 1000} s` : 'for ever';
  return [
    {
      what: `requests of clients that are idle when --drain-timeout ${requestedMs / 1000} s is over`,
      because: `by the configuration they may stay idle ${limit}`,
      remedy: 'leave --drain-timeout out, or shorten "timeout http-keep-alive" below it',
    },
  ];
}

/** Other tools should know: what they set meanwhile may reach the generation that ends soon. */
function sharedSocketNote(steps: readonly Step[], { runtime }: Facts): readonly string[] {
  const [path] = runtime.sockets;
  if (path === undefined || !steps.some(({ kind }) => kind === 'quiesce')) return [];
  return [`while the old process drains it answers on ${path} in turn with the new one`];
}

const HOLDING: readonly MethodName[] = ['syn-hold', 'syn-drop'];

/** Told over its socket a process has served for a moment already; a state file it reads first. */
function momentNote(method: MethodName, steps: readonly Step[]): readonly string[] {
  const told = steps.flatMap((step) => (step.kind === 'carry-states' ? step.servers : []));
  const out = told.filter(({ state, down }) => state === 'maint' || state === 'drain' || down);
  if (out.length === 0 || HOLDING.includes(method)) return [];
  const names = out.slice(0, 3).map(({ server }) => `${server.backend}/${server.server}`);
  const more = out.length > names.length ? ', ...' : '';
  return [
    `for the first hundredths of a second the new process does not know yet that it must spare ${names.join(', ')}${more}: "load-server-state-from-file global" in defaults, and "server-state-file PATH" in global, close that gap (hitless keeps the file)`,
  ];
}

/** HAProxy hands them on when it is told to finish, and then only what it has by then. */
function tablesNote({ state: { tables } }: Facts, retire: readonly Step[]): readonly string[] {
  if (tables.handedOn.length === 0 || !retire.some(({ kind }) => kind === 'soft-stop')) return [];
  return [
    `the entries of ${tables.handedOn.join(', ')} reach the new process when the old one has drained; with --method fd-pass at once`,
  ];
}

export function makePlan(
  choice: Extract<Choice, { kind: 'chosen' }>,
  request: MethodRequest,
  facts: Facts,
  extra: { readonly edits: readonly Step[]; readonly notes: readonly string[] },
): Plan {
  const steps = METHODS[choice.method].plan(request, facts);
  const { handOver, retire } = throughBridge(steps, facts, request.drainTimeoutMs);
  return {
    method: choice.method,
    reasons: choice.reasons,
    losses: choice.losses,
    unverified: unverified(choice.method, facts),
    lostState: facts.state.losses,
    notes: [
      ...extra.notes,
      ...sharedSocketNote(handOver, facts),
      ...momentNote(choice.method, handOver),
      ...tablesNote(facts, retire),
    ],
    oldPids: [facts.serving.pid],
    starts: [facts.supervisor === null ? 'start' : 'again'],
    handOver: [...extra.edits, ...handOver],
    retire,
  };
}
