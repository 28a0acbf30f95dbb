import { failed } from '../error.js';
import { LIST_ADDRESSES_ARGV, parseAddresses } from '../host/addresses.js';
import type { Diversion } from '../host/diversion.js';
import { waitFor } from '../host/wait.js';
import { isDiverting, ownTables, renewal } from './diverting.js';
import { NothingDone, type StepContext, type StepDefinition } from './definition.js';

/**
 * Has keepalived give the shared addresses up, by the file that its configuration tracks
 * (`track_file`): a sum of -254 is its fault state, in which it announces priority 0 and the other
 * node takes over whatever `nopreempt` says there.
 */
export interface MoveAddress {
  readonly kind: 'move-address';
  readonly id: string;
  readonly diversion: Diversion;
  readonly trackFile: string;
  readonly value: string;
}

const LOOK_EVERY_MS = 50;

export const moveAddress: StepDefinition<MoveAddress> = {
  effect: 'final',
  describe: ({ trackFile, value }) =>
    `have keepalived give the address up (${value} in ${trackFile})`,
  prepare: async ({ trackFile }, { host }) => ({
    former: (await host.files.read(trackFile))?.toString('utf8') ?? null,
  }),
  apply: async (step, context) => {
    if (await hasMoved(step, context)) return undefined;
    const own = await ownTables(context.host, step.diversion, context.runId);
    // Taken up too late after a crash: clients have come back, and the move would cut them.
    if (own === undefined || !(await isDiverting(context.host, step.diversion))) {
      throw new NothingDone(expired());
    }
    await context.host.files.replace(step.trackFile, Buffer.from(`${step.value}\n`));
    if (await waitUntilMoved(step, context)) return undefined;
    await restore(step, context);
    throw new NothingDone(notMoved(step, context));
  },
  verify: async (step, context) =>
    (await hasMoved(step, context)) ? undefined : 'the address is still here',
};

async function waitUntilMoved(step: MoveAddress, context: StepContext): Promise<boolean> {
  const { host, timeoutMs } = context;
  const renew = renewal(host, step.diversion);
  const moved = await waitFor(
    async () => {
      await renew();
      return (await hasMoved(step, context)) ? true : undefined;
    },
    { timeoutMs, intervalMs: LOOK_EVERY_MS, clock: host.clock },
  );
  return moved === true;
}

/** The copies on `lo` stay. */
async function hasMoved({ diversion }: MoveAddress, { host }: StepContext): Promise<boolean> {
  const { stdout } = await host.run({ argv: LIST_ADDRESSES_ARGV });
  const here = parseAddresses(stdout).filter(({ device }) => device === diversion.device);
  const shared = diversion.parts.flatMap(({ services }) => services);
  return !here.some((entry) => shared.some(({ address }) => address === entry.address));
}

async function restore(step: MoveAddress, { host, before }: StepContext): Promise<void> {
  const { former } = before(step.id);
  if (typeof former === 'string') await host.files.replace(step.trackFile, Buffer.from(former));
  else await host.files.remove(step.trackFile);
}

function expired(): Error {
  return failed('interrupted', 'new flows are not diverted any more; the address was not moved', {
    hint: 'run the command again',
  });
}

function notMoved({ trackFile, diversion }: MoveAddress, { timeoutMs }: StepContext): Error {
  return failed(
    'not-confirmed',
    `the address is still on ${diversion.device} after ${timeoutMs / 1000} s`,
    {
      subject: trackFile,
      hint: `does keepalived track ${trackFile} (track_file, weight 1) for this instance, and does it run on both nodes?`,
    },
  );
}
