import { portOf } from '../host/endpoint.js';
import { failed } from '../error.js';
import type { Host, ProcessId } from '../host/host.js';
import { awaitLetGo } from '../host/let-go.js';
import { nftArgv } from '../host/nft.js';
import { doorText, FLIP_TABLE, placedAt, placeScript, type Placement } from '../host/nft-flip.js';
import type { StepContext, StepDefinition } from './definition.js';
import { flipElements, ledElsewhere } from './flip-elements.js';

/** Directs new connections to other ports, all doors in one transaction of the kernel. */
export interface FlipMap {
  readonly kind: 'flip-map';
  readonly id: string;
  /** A process in the network namespace; hitless' own when null. */
  readonly namespaceOf: ProcessId | null;
  readonly placements: readonly Placement[];
  /** Stands beside the elements, for people. */
  readonly owner: string;
}

/** As the barrier before the old instance is stopped: what takes longer has vanished. */
const LET_GO_TIMEOUT_MS = 10_000;

export const flipMap: StepDefinition<FlipMap> = {
  effect: 'reversible',
  describe: (step) => `direct new connections: ${step.placements.map(placementText).join(', ')}`,
  prepare: async (step, { host }) => {
    const elements = await flipElements(host, step.namespaceOf);
    return {
      former: step.placements.map((placement) => ({
        ...placement,
        to: placedAt(elements ?? [], placement),
      })),
    };
  },
  apply: async (step, { host }) => {
    await place(host, step, step.placements);
    return undefined;
  },
  verify: async (step, { host }) => {
    const elements = (await flipElements(host, step.namespaceOf)) ?? [];
    const wrong = step.placements.find((one) => placedAt(elements, one) !== one.to);
    return wrong && `${doorText(wrong)} leads to ${placedAt(elements, wrong) ?? 'no instance'}`;
  },
  undo: async (step, context) => {
    const { former } = context.before(step.id);
    if (!Array.isArray(former)) return;
    const back = former as readonly Placement[];
    const elements = (await flipElements(context.host, step.namespaceOf)) ?? [];
    if (ledElsewhere(elements, step.placements, back)) return;
    if (!(await isServed(step, back, context.host))) return;
    await place(context.host, step, back);
    await lettingGo(step, context);
  },
};

function placementText(placement: Placement): string {
  return `${doorText(placement)} -> ${placement.to ?? 'none'}`;
}

async function place(host: Host, step: FlipMap, placements: readonly Placement[]): Promise<void> {
  const elements = (await flipElements(host, step.namespaceOf)) ?? [];
  const script = placeScript(elements, placements, step.owner);
  if (script === '') return;
  const { code, stderr } = await host.run({ argv: nftArgv(script), ...where(step) });
  if (code === 0) return;
  throw failed('step-failed', `nft refused the change: ${stderr.trim().split('\n')[0] ?? ''}`, {
    subject: FLIP_TABLE,
  });
}

/** The way back leads somewhere: whatever listens there now. */
async function isServed(step: FlipMap, back: readonly Placement[], host: Host): Promise<boolean> {
  const listening = await host.sockets.listeners((step.namespaceOf ?? host.self).pid);
  const ports = new Set(
    listening.filter(({ family }) => family !== 'unix').map(({ local }) => portOf(local)),
  );
  return step.namespaceOf === null || back.some(({ to, port }) => ports.has(to ?? port));
}

/** The instance that is left again had connections directed to it: they are accepted first. */
async function lettingGo(step: FlipMap, { host }: StepContext): Promise<void> {
  const ports = step.placements.flatMap(({ to }) => (to === null ? [] : [to]));
  await awaitLetGo(
    host,
    { namespaceOf: (step.namespaceOf ?? host.self).pid, ports: [...new Set(ports)] },
    { timeoutMs: LET_GO_TIMEOUT_MS },
  );
}

function where({ namespaceOf }: Pick<FlipMap, 'namespaceOf'>): { namespacesOf?: number } {
  return namespaceOf === null ? {} : { namespacesOf: namespaceOf.pid };
}
