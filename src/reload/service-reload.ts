import type { Host } from '../host/host.js';
import { gracefulLosses, gracefulSteps } from '../methods/graceful.js';
import { SERVICES } from '../services/registry.js';
import type { ServiceName } from '../services/service.js';
import { refuseLosses } from './decide.js';
import { refuseForeignAddresses } from './foreign-addresses.js';
import type { Plan } from './plan.js';
import { runPlan, type PlanOptions, type PlanResult } from './run-plan.js';
import { checkService, runLike } from './service-check.js';
import { gatherServiceFacts, type ServiceFacts } from './service-facts.js';
import { findService, type ServiceTarget } from './service-instance.js';
import { refuseTakenAddresses } from './taken-ports.js';

export interface ServiceRequest {
  readonly service: ServiceName;
  readonly target: ServiceTarget;
  readonly allowLoss: boolean;
  readonly timeoutMs: number;
  /** How long to wait for old workers to end; nothing is done to them afterwards. */
  readonly drainTimeoutMs: number;
}

export const DEFAULT_RETIRE_TIMEOUT_MS = 60_000;

/**
 * The whole of a reload of nginx or Apache by their own means, checked before and proven after.
 *
 * @throws HitlessError with the exit code that says how things stand
 */
export async function reloadService(
  host: Host,
  request: ServiceRequest,
  options: Omit<PlanOptions, 'timeoutMs'>,
): Promise<PlanResult> {
  return await runPlan(
    host,
    { ...options, timeoutMs: request.timeoutMs },
    async () => await prepareService(host, request),
  );
}

async function prepareService(host: Host, request: ServiceRequest): Promise<Plan> {
  const service = SERVICES[request.service];
  const running = await findService(host, service, request.target);
  const run = await runLike(host, service, running);
  const printed = await checkService(run, service, running);
  const facts = await gatherServiceFacts(host, service, running, run, printed);
  // None is its own: both open new listeners before they close old ones. A failed bind ends Apache
  // as a whole, so for that one a port counts as taken in case of doubt.
  const inDoubt = service.name === 'apache';
  await refuseTakenAddresses(host, running.master.pid, facts.added, new Set(), inDoubt);
  if (inDoubt) await refuseForeignAddresses(host, running.master.pid, facts.added);
  const losses = gracefulLosses(facts.graceful);
  refuseLosses('graceful', losses, request.allowLoss);
  const { handOver, retire } = gracefulSteps(withAdded(facts), request.drainTimeoutMs);
  return {
    method: 'graceful',
    reasons: [`graceful: ${service.label}'s own reload, checked before and proven after`],
    losses,
    unverified: unverified(facts),
    notes: notesFor(facts),
    oldPids: facts.graceful.workers.map(({ pid }) => pid),
    starts: ['workers'],
    handOver,
    retire,
  };
}

function withAdded({ graceful, added }: ServiceFacts): ServiceFacts['graceful'] {
  return { ...graceful, listeners: [...graceful.listeners, ...added] };
}

function unverified({ graceful, filesAsRead }: ServiceFacts): string | null {
  return graceful.cutsIdleClients || filesAsRead ? null : NEWER_FILES;
}

const NEWER_FILES =
  'the files have changed since the running workers read them: if those keep idle clients ' +
  'connected, keep-alive clients may lose a request this once';

function notesFor({ graceful, removed }: ServiceFacts): readonly string[] {
  const notes: string[] = [];
  if (removed.length > 0) {
    const names = removed.map(({ local }) => local).join(', ');
    notes.push(`the configuration does not name ${names} any more: it will be closed`);
  }
  if (graceful.service === 'apache') {
    notes.push(
      'Apache starts new workers up to 1 s after the old ones have stopped accepting: new ' +
        'connections wait that long, at most ListenBacklog (511) of them',
    );
  }
  return notes;
}
