import type { Host, ProcessId } from '../host/host.js';
import { listTableArgv } from '../host/nft.js';
import { FLIP_TABLE, placedAt, type Placement } from '../host/nft-flip.js';
import { parseRuleset, portElements, type MapElement } from '../host/nft-list.js';

/**
 * The elements of our table; undefined when it is not there.
 *
 * @param namespaceOf a process in the network namespace; hitless' own when null
 */
export async function flipElements(
  host: Host,
  namespaceOf: ProcessId | null,
): Promise<readonly MapElement[] | undefined> {
  const where = namespaceOf === null ? {} : { namespacesOf: namespaceOf.pid };
  const { code, stdout } = await host.run({ argv: listTableArgv(FLIP_TABLE), ...where });
  return code === 0 ? portElements(parseRuleset(stdout), FLIP_TABLE) : undefined;
}

/** A later flip has led one of the doors to an instance of its own. */
export function ledElsewhere(
  elements: readonly MapElement[],
  placements: readonly Placement[],
  former: readonly Placement[] = [],
): boolean {
  return placements.some((one, at) => {
    const placed = placedAt(elements, one);
    return placed !== null && placed !== one.to && placed !== former[at]?.to;
  });
}
