import { setTimeout as sleep } from 'node:timers/promises';
import type { LabNode } from '../../src/lab/node.js';

/**
 * As on a bad line: for a second after its SYN a client's acknowledgements are lost, so that the
 * server waits for the handshake's end; or the server's answers, so that the client sends its SYN
 * again. (netem is not in every kernel.)
 */
export async function slowHandshakes(
  client: LabNode,
  late: 'acknowledgements' | 'answers',
): Promise<void> {
  const lost = {
    acknowledgements: 'add rule inet late sent tcp flags & syn == 0 tcp sport @young drop',
    answers: 'add rule inet late seen tcp dport @young drop',
  };
  const syn = 'add rule inet late sent tcp flags & (syn|ack) == syn';
  const rules = [
    'add table inet late',
    'add set inet late young { type inet_service; size 65535; flags dynamic,timeout; timeout 1s; }',
    'add set inet late known { type inet_service; size 65535; flags dynamic,timeout; timeout 8s; }',
    'add chain inet late sent { type filter hook output priority 0; }',
    'add chain inet late seen { type filter hook input priority 0; }',
    `${syn} tcp sport != @known add @young { tcp sport }`,
    `${syn} update @known { tcp sport }`,
    lost[late],
  ];
  await client.must(['nft', rules.join('\n')]);
  // Until as many are under way as there will be.
  await sleep(1_000);
}
