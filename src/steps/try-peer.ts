import { refused } from '../error.js';
import {
  endTrialScript,
  parseAnswered,
  trialAnsweredArgv,
  trialScript,
  type TrialPacket,
} from '../host/trial-packet.js';
import { waitFor } from '../host/wait.js';
import { nft } from './diverting.js';
import type { Host } from '../host/host.js';
import type { StepDefinition } from './definition.js';

/** Sends the peer one SYN to each shared address on the way that diverted ones will take. */
export interface TryPeer {
  readonly kind: 'try-peer';
  readonly id: string;
  readonly trials: readonly TrialPacket[];
}

/** A SYN is sent again after one second (RFC 6298): a lost one is no reason to give up. */
const ANSWER_TIMEOUT_MS = 3_000;
const LOOK_EVERY_MS = 20;

export const tryPeer: StepDefinition<TryPeer> = {
  // Killed meanwhile it leaves rules, though they do nothing after a few seconds.
  effect: 'reversible',
  describe: ({ trials }) =>
    `try whether the peer answers on ${trials.map(({ service }) => `${service.address} port ${service.port}`).join(', ')}`,
  apply: async ({ trials }, context) => {
    for (const trial of trials) await tryOnePeer(context.host, trial);
    return undefined;
  },
  verify: async () => undefined,
  undo: async ({ trials }, { host }) => {
    for (const { family } of trials) await nft(host, endTrialScript(family));
  },
};

/** @throws HitlessError when the peer is silent, or nft cannot do it; nothing is left then */
export async function tryOnePeer(host: Host, trial: TrialPacket): Promise<void> {
  try {
    await nft(host, trialScript(trial));
    if (!(await answered(trial, host))) throw silent(trial);
  } finally {
    await nft(host, endTrialScript(trial.family));
  }
}

async function answered(trial: TrialPacket, host: Host): Promise<boolean> {
  const { family, service, from } = trial;
  const { address, port } = service;
  const calling = host.sockets.call({ address, port, from, timeoutMs: ANSWER_TIMEOUT_MS });
  const seen = await waitFor(
    async () => {
      const { code, stdout } = await host.run({ argv: trialAnsweredArgv(family) });
      return code === 0 && parseAnswered(stdout) ? true : undefined;
    },
    { timeoutMs: ANSWER_TIMEOUT_MS, intervalMs: LOOK_EVERY_MS, clock: host.clock },
  );
  // The answer never reaches the caller: it gives up by itself. Nothing is left of it then.
  if (seen === undefined) await calling;
  else calling.catch(() => undefined);
  return seen === true;
}

function silent({ service, peer, device }: TrialPacket): Error {
  const where = `${service.address} port ${service.port}`;
  return refused('not-confirmed', `the peer ${peer} does not answer on ${where} (by ${device})`, {
    subject: peer,
    hint: `on the peer: "hitless handoff prepare", then "hitless doctor --handoff --role peer"; does the service listen on ${service.address} there?`,
  });
}
