import { readFile, writeFile } from 'node:fs/promises';
import { hitlessArgv } from '../../entry-points.js';
import { failed } from '../../error.js';
import { waitFor } from '../../host/node/wait.js';
import type { Keepalived } from '../../lab/keepalived.js';
import { type PairLab, type PairNode, startPairLab } from '../../lab/pair-lab.js';
import { SHARED_ADDRESSES } from '../../lab/pair-topology.js';
import { runHitless } from './run-hitless.js';
import { stallForAMoment } from './stalled.js';
import type { Said, Stage, Way } from './way.js';

/**
 * `hitless handoff` around the question's own command, which loses connections when it is alone.
 * Its soft stop spares idle clients with idle-close-on-response only, so the frontend has that.
 */
export const handoffWay: Way = {
  control: false,
  start: async (options) => {
    const pair = await startPairLab({ ...options, adapt: sparingIdleClients });
    try {
      for (const { node } of [pair.first, pair.second]) await prepareNode(node);
    } catch (error) {
      await pair.lab.close();
      throw error;
    }
    return staged(pair, async (_turn, stalled) => await handOver(pair, stalled));
  },
};

/** What keepalived alone does: the address moves at once, with every connection that is open. */
export const vrrpFailover: Way = {
  control: true,
  start: async (options) => {
    const pair = await startPairLab(options);
    return staged(pair, async () => await failOver(pair));
  },
};

const COMMAND_TIMEOUT_MS = 60_000;
const MOVE_TIMEOUT_MS = 10_000;

function staged(pair: PairLab, reload: Stage['reload']): Stage {
  const { lab, client, first, second, urls, origins } = pair;
  const references = origins.map((_, at) => `http://10.77.0.1${at + 1}/`);
  const peers = [second.node];
  return { lab, client, proxy: first.node, peers, urls, references, reload };
}

function sparingIdleClients<T extends { readonly frontends: readonly object[] }>(spec: T): T {
  const frontends = spec.frontends.map((one) => ({ ...one, idleCloseOnResponse: true }));
  return { ...spec, frontends };
}

/** The words that name what is shared, and by which interface. */
const SHARED: readonly string[] = [
  ...SHARED_ADDRESSES.flatMap((address) => [
    '--service',
    address.includes(':') ? `[${address}]:80` : `${address}:80`,
  ]),
  ...['--interface', 'eth0'],
];

async function prepareNode(node: PairNode['node']): Promise<void> {
  const state = ['--state-dir', `${node.dir}/hitless`];
  await node.must(hitlessArgv('handoff', 'prepare', ...SHARED, ...state));
}

async function handOver({ lab, first, second }: PairLab, stalled: boolean): Promise<Said> {
  const { node, haproxy } = first;
  const old = (await readFile(haproxy.paths.pidFile, 'utf8')).trim();
  const peers = second.node.addresses.flatMap((address) => ['--peer', address]);
  const words = [
    ...['handoff', ...SHARED, ...peers, '--state-dir', `${node.dir}/hitless`, '--ndjson'],
    ...['--keeps-connections', '--health-path', '/', '--', ...haproxy.argv, '-sf', old],
  ];
  return await runHitless(node, words, async (step) => {
    if (stalled && step === 'divert') await stallForAMoment(lab, Number(old));
  });
}

/** There, the restart, and back. */
async function failOver({ first, second }: PairLab): Promise<Said> {
  const { node, haproxy, keepalived } = first;
  await writeFile(keepalived.trackFile, '-254\n');
  await holding(second.keepalived);
  const old = (await readFile(haproxy.paths.pidFile, 'utf8')).trim();
  const { code, stderr } = await node.run([...haproxy.argv, '-sf', old], {
    timeoutMs: COMMAND_TIMEOUT_MS,
  });
  await writeFile(keepalived.trackFile, '0\n');
  await holding(keepalived);
  return { ok: code === 0, said: stderr };
}

async function holding(keepalived: Keepalived): Promise<void> {
  const holds = async () => (await keepalived.holdsAddress()) || undefined;
  if (await waitFor(holds, { timeoutMs: MOVE_TIMEOUT_MS })) return;
  throw failed('lab-failed', 'keepalived does not move the address');
}
