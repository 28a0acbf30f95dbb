import { messageOf, refused } from '../error.js';
import type { Host } from '../host/host.js';
import { trackingTrouble } from '../host/let-go.js';
import { LIST_RULESET_ARGV, nftCheckArgv } from '../host/nft.js';
import { divertsPort, shutsPort } from '../host/nft-foreign.js';
import { parseRuleset, type Ruleset } from '../host/nft-list.js';
import { ROLLING_TABLE, rotationOf } from '../host/nft-rolling.js';

/**
 * The packet rules where the service lives.
 *
 * @param namespaceOf a process there; hitless' own namespace when undefined
 * @throws HitlessError `tool-missing`, `permission` when connections cannot be directed here
 */
export async function readRuleset(host: Host, namespaceOf?: number): Promise<Ruleset> {
  const where = namespaceOf === undefined ? {} : { namespacesOf: namespaceOf };
  const listed = await host
    .run({ argv: LIST_RULESET_ARGV, ...where })
    .catch(missing('nft', 'nftables'));
  if (listed.code !== 0) throw unusable('nft', listed.stderr);
  const trouble = await trackingTrouble(host, namespaceOf).catch(missing('conntrack', 'conntrack'));
  if (trouble !== undefined) throw unusable('conntrack', trouble);
  return parseRuleset(listed.stdout);
}

function missing(tool: string, name: string): (cause: unknown) => never {
  return (cause) => {
    throw refused('tool-missing', `connections cannot be directed here: ${messageOf(cause)}`, {
      subject: tool,
      hint: `install it: apt-get install ${name}`,
      cause,
    });
  };
}

function unusable(tool: string, said: string): Error {
  const why = said.trim().split('\n')[0] ?? '';
  return refused('method-unusable', `connections cannot be directed here: ${tool}: ${why}`, {
    subject: tool,
    hint: 'run hitless as root, on a kernel with nf_tables, nf_nat and nf_conntrack',
  });
}

/** @throws HitlessError when the kernel would not take the transaction */
export async function checkScript(host: Host, script: string, namespaceOf?: number): Promise<void> {
  const { code, stderr } = await host.run({
    argv: nftCheckArgv(script),
    ...(namespaceOf === undefined ? {} : { namespacesOf: namespaceOf }),
  });
  if (code !== 0) throw unusable('nft', stderr);
}

/** @throws HitlessError when others' rules and a map of ours would undo each other */
export function refuseForeignRules(
  ruleset: Ruleset,
  publicPorts: readonly number[],
  ownPorts: readonly number[],
): void {
  for (const port of publicPorts) {
    const diverted = divertsPort(ruleset, port);
    if (diverted === undefined) continue;
    throw refused('method-unusable', `table ${diverted} directs port ${port} already`, {
      subject: diverted,
      hint: `take port ${port} out of it first ("nft list table" shows the rules), or use another method`,
    });
  }
  for (const port of ownPorts) {
    const shut = shutsPort(ruleset, port);
    if (shut === undefined) continue;
    throw refused('method-unusable', `table ${shut} drops connections to port ${port}`, {
      subject: shut,
      hint: 'let in what the map directs: add a rule "ct status dnat accept" to that chain',
    });
  }
}

/** @throws HitlessError when the other of our tables has the port */
export function refuseRotated(ruleset: Ruleset, ports: readonly number[]): void {
  const rotated = ports.find((port) => rotationOf(ruleset, port) !== null);
  if (rotated === undefined) return;
  throw refused('method-unusable', `port ${rotated} is in the rotation of "hitless rolling"`, {
    subject: ROLLING_TABLE,
    hint: 'one service is either flipped or rolled: use another port',
  });
}
