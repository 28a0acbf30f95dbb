import { failed } from '../error.js';
import type { Host, ProcessId } from '../host/host.js';
import { openConnections } from '../host/let-go.js';
import { nftArgv } from '../host/nft.js';
import { DELETE_FLIP_TABLE, FLIP_TABLE, MAKE_FLIP_TABLE } from '../host/nft-flip.js';
import { waitFor } from '../host/wait.js';
import type { StepContext, StepDefinition } from './definition.js';
import { flipElements } from './flip-elements.js';

/**
 * Makes the table with the maps, without elements. It is the first thing to come and the last to
 * go: the kernel translates packets of open connections only as long as there is some chain of
 * type nat, and with the last of them it stops at once (nf_nat_unregister_fn).
 */
export interface MakeFlipTable {
  readonly kind: 'flip-table';
  readonly id: string;
  /** A process in the network namespace; hitless' own when null. */
  readonly namespaceOf: ProcessId | null;
  /** Of the next instance: undo waits until nobody is connected there any more. */
  readonly ports: readonly number[];
}

export const flipTable: StepDefinition<MakeFlipTable> = {
  effect: 'reversible',
  describe: () => `make the table ${FLIP_TABLE}, unless it is there`,
  apply: async (step, { host }) => {
    if ((await flipElements(host, step.namespaceOf)) === undefined)
      await run(host, step, MAKE_FLIP_TABLE);
    return undefined;
  },
  verify: async (step, { host }) => {
    const there = (await flipElements(host, step.namespaceOf)) !== undefined;
    return there ? undefined : `there is no table ${FLIP_TABLE}`;
  },
  undo: async (step, context) => {
    const elements = await flipElements(context.host, step.namespaceOf);
    if (elements?.length !== 0) return;
    await untilQuiet(step, context);
    await run(context.host, step, DELETE_FLIP_TABLE);
  },
};

/** What an ended instance has sent last is still on its way. */
const QUIET_TIMEOUT_MS = 5_000;
const LOOK_EVERY_MS = 20;

async function untilQuiet(step: MakeFlipTable, { host }: StepContext): Promise<void> {
  const queues = { namespaceOf: (step.namespaceOf ?? host.self).pid, ports: step.ports };
  await waitFor(async () => ((await openConnections(host, queues)) === 0 ? true : undefined), {
    timeoutMs: QUIET_TIMEOUT_MS,
    intervalMs: LOOK_EVERY_MS,
    clock: host.clock,
  });
}

async function run(host: Host, step: MakeFlipTable, script: string): Promise<void> {
  const { code, stderr } = await host.run({ argv: nftArgv(script), ...where(step) });
  if (code === 0) return;
  throw failed('step-failed', `nft refused the change: ${stderr.trim().split('\n')[0] ?? ''}`, {
    subject: FLIP_TABLE,
  });
}

function where({ namespaceOf }: MakeFlipTable): { namespacesOf?: number } {
  return namespaceOf === null ? {} : { namespacesOf: namespaceOf.pid };
}
