import { refused } from '../error.js';
import type { Finding } from '../doctor/finding.js';
import { checkNode } from '../doctor/handoff.js';
import type { Host } from '../host/host.js';
import { HANDOFF_SUMMARY, otherFlows, planHandoff } from '../methods/handoff.js';
import type { HandoffFacts, HandoffRequest } from '../methods/handoff-facts.js';
import { gatherHandoffFacts } from './handoff-facts.js';
import type { Plan } from './plan.js';
import { runPlan, type PlanOptions, type PlanResult } from './run-plan.js';

/** Of its own: the command that runs meanwhile may be a reload, which takes the other lock. */
export const HANDOFF_LOCK = 'handoff';

/**
 * Hands new flows to the peer, drains this node, does what is to be done, and takes them back.
 *
 * @throws HitlessError with the exit code that says how things stand
 */
export async function handoff(
  host: Host,
  request: HandoffRequest,
  options: Omit<PlanOptions, 'lock'>,
): Promise<PlanResult> {
  return await runPlan(host, { ...options, lock: HANDOFF_LOCK }, async () => {
    const facts = await gatherHandoffFacts(host, request);
    refuseOn([...checkNode(facts, request.peers), ...checkWork(request)]);
    refuseOtherFlows(request, facts);
    return toPlan(request, facts);
  });
}

export function refuseOn(findings: readonly Finding[]): void {
  const errors = findings.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (first === undefined) return;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  throw refused('method-unusable', `${first.what}: ${first.because}${more}`, {
    subject: first.subject,
    hint: `${first.remedy}; "hitless doctor --handoff" lists all`,
  });
}

function checkWork({ work }: HandoffRequest): readonly Finding[] {
  if (work.kind === 'command' || work.fileExists) return [];
  return [
    {
      severity: 'error',
      subject: work.trackFile,
      what: `there is no file ${work.trackFile}`,
      because: 'keepalived tracks a file that exists (init_file in its track_file block makes it)',
      remedy: 'name the file that keepalived.conf tracks',
    },
  ];
}

/** Flows of an earlier hand-over that go elsewhere would be cut by new rules. */
function refuseOtherFlows(request: HandoffRequest, facts: HandoffFacts): void {
  const other = otherFlows(request, facts);
  if (other === undefined) return;
  const { table } = other;
  throw refused('locked', `flows still go to ${table?.target ?? 'another peer'}`, {
    subject: `run ${table?.owner ?? ''}`,
    hint: 'an earlier hand-over has not ended; its rules are removed when its flows have ("hitless recover")',
  });
}

function toPlan(request: HandoffRequest, facts: HandoffFacts): Plan {
  const steps = planHandoff(request, facts);
  return {
    method: 'handoff',
    reasons: [`handoff: ${HANDOFF_SUMMARY}`],
    losses: [],
    unverified: null,
    notes: [],
    oldPids: [],
    starts: [],
    ...steps,
  };
}
