import { failed } from '../error.js';
import { addressArgv, LIST_ADDRESSES_ARGV, parseAddresses } from '../host/addresses.js';
import type { Host } from '../host/host.js';
import type { StepDefinition } from './definition.js';

/** Gives an interface (`lo`) an address, or takes it away; the other way round on undo. */
export interface ChangeAddress {
  readonly kind: 'add-address' | 'remove-address';
  readonly id: string;
  readonly address: string;
  readonly device: string;
}

export interface AddAddress extends ChangeAddress {
  readonly kind: 'add-address';
}

export interface RemoveAddress extends ChangeAddress {
  readonly kind: 'remove-address';
}

export const addAddress: StepDefinition<AddAddress> = {
  effect: 'reversible',
  describe: ({ address, device }) => `add ${address} to ${device}`,
  ...changing(true),
};

export const removeAddress: StepDefinition<RemoveAddress> = {
  effect: 'reversible',
  describe: ({ address, device }) => `remove ${address} from ${device}`,
  ...changing(false),
};

function changing(
  wanted: boolean,
): Pick<StepDefinition<ChangeAddress>, 'prepare' | 'apply' | 'verify' | 'undo'> {
  return {
    prepare: async (step, { host }) => ({ was: await has(host, step) }),
    apply: async (step, { host }) => {
      await set(host, step, wanted);
      return undefined;
    },
    verify: async (step, { host }) => {
      if ((await has(host, step)) === wanted) return undefined;
      return `${step.device} ${wanted ? 'does not have' : 'still has'} ${step.address}`;
    },
    undo: async (step, { host, before }) => {
      const { was } = before(step.id);
      if (typeof was === 'boolean') await set(host, step, was);
    },
  };
}

async function has(host: Host, { address, device }: ChangeAddress): Promise<boolean> {
  const { stdout } = await host.run({ argv: LIST_ADDRESSES_ARGV });
  return parseAddresses(stdout).some(
    (entry) => entry.device === device && entry.address === address,
  );
}

async function set(host: Host, step: ChangeAddress, wanted: boolean): Promise<void> {
  if ((await has(host, step)) === wanted) return;
  const argv = addressArgv(wanted ? 'add' : 'delete', step.address, step.device);
  const { code, stderr } = await host.run({ argv });
  if (code === 0) return;
  throw failed('permission', `${argv.join(' ')}: ${stderr.trim()}`, {
    subject: step.address,
    hint: 'changing addresses needs root (CAP_NET_ADMIN)',
  });
}
