import { refused } from '../error.js';
import { unhealthy, type HealthCheck } from '../host/health.js';
import type { Host } from '../host/host.js';
import { FLIP_TABLE } from '../host/nft-flip.js';
import { portElements } from '../host/nft-list.js';
import { rotationOf, rotationScript, type Spread } from '../host/nft-rolling.js';
import { planRolling, type RollingFacts, type RollingInstance } from '../methods/rolling.js';
import type { HealthSpec } from './flip-request.js';
import { checkScript, readRuleset, refuseForeignRules } from './nft-facts.js';
import type { Plan } from './plan.js';
import { runPlan, type PlanOptions, type PlanResult } from './run-plan.js';

/** Which instances are reloaded one after another, and how. */
export interface RollingOptions {
  readonly port: number;
  readonly instances: readonly number[];
  readonly health: readonly HealthSpec[];
  /** `{port}` stands for the port of the instance. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly spread: Spread;
  readonly drainTimeoutMs: number;
  readonly commandTimeoutMs: number;
}

export const DEFAULT_COMMAND_TIMEOUT_MS = 60_000;

/**
 * Reloads the instances of a service one after another, each while the others take its share.
 *
 * @throws HitlessError with the exit code that says how things stand
 */
export async function rolling(
  host: Host,
  request: RollingOptions,
  options: PlanOptions,
): Promise<PlanResult> {
  return await runPlan(host, options, async () => await prepare(host, request));
}

async function prepare(host: Host, request: RollingOptions): Promise<Plan> {
  const ruleset = await readRuleset(host);
  const { port } = request;
  if (portElements(ruleset, FLIP_TABLE).some(({ key }) => key.endsWith(String(port)))) {
    throw refused('method-unusable', `port ${port} is behind the map of "hitless flip"`, {
      subject: FLIP_TABLE,
      hint: 'one service is either flipped or rolled: use another port',
    });
  }
  refuseForeignRules(ruleset, [port], request.instances);
  const rotation = rotationOf(ruleset, port);
  const facts: RollingFacts = {
    port,
    instances: request.instances.map((instance) => instanceOf(request, instance)),
    members: rotation?.members ?? null,
  };
  refuseStrangers(facts);
  await refuseUnhealthy(host, facts);
  const { spread } = request;
  await checkScript(host, rotationScript(ruleset, { port, members: request.instances, spread }));
  return planOf(request, facts);
}

function instanceOf(request: RollingOptions, port: number): RollingInstance {
  const health = (request.health.length === 0 ? [{ kind: 'tcp' } as const] : request.health).map(
    (spec): HealthCheck => {
      switch (spec.kind) {
        case 'tcp':
          return { kind: 'connect', host: LOOPBACK, port };
        case 'http':
          return { kind: 'http', host: LOOPBACK, port, path: spec.path };
        case 'command':
          return { kind: 'command', argv: filled(spec.argv, port) };
      }
    },
  );
  return { port, health, argv: filled(request.argv, port) };
}

const LOOPBACK = '127.0.0.1';

function filled(argv: readonly string[], port: number): readonly string[] {
  return argv.map((word) => word.replaceAll('{port}', String(port)));
}

/** An instance that takes connections and is not named would be left out by the first change. */
function refuseStrangers({ port, instances, members }: RollingFacts): void {
  const named = new Set(instances.map((instance) => instance.port));
  const stranger = members?.find((member) => !named.has(member));
  if (stranger === undefined) return;
  throw refused('method-unusable', `the instance on port ${stranger} serves port ${port} too`, {
    subject: `port ${stranger}`,
    hint: 'name every instance with --instances',
  });
}

/** While one is out, all others must be there; one that is out already may be ill. */
async function refuseUnhealthy(host: Host, { instances, members }: RollingFacts): Promise<void> {
  for (const { port, health } of instances) {
    if (members !== null && !members.includes(port)) continue;
    const wrong = await unhealthy(host, health);
    if (wrong === undefined) continue;
    throw refused('not-confirmed', `the instance on port ${port} is not healthy: ${wrong}`, {
      subject: `port ${port}`,
      hint: 'nothing was touched; start or mend it first',
    });
  }
}

function planOf(request: RollingOptions, facts: RollingFacts): Plan {
  const { members, instances } = facts;
  const out = instances.filter(({ port }) => members !== null && !members.includes(port));
  return {
    method: 'rolling',
    reasons: [
      `rolling: ${instances.length} instances, one after another is taken out, reloaded and put back`,
      ...(members === null ? ['there is no rotation yet: it is set up first'] : []),
    ],
    losses: [],
    unverified: null,
    notes: out.map(({ port }) => `port ${port} is out: it comes back when it is healthy`),
    oldPids: [],
    starts: [],
    ...planRolling(request, facts),
  };
}
