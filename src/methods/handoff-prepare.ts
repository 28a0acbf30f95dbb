import type { ProcessId } from '../host/host.js';
import type { Step } from '../steps/registry.js';
import type { HandoffFacts } from './handoff-facts.js';

/** What `handoff prepare` has changed, kept until it is taken back. */
export interface PreparedNote {
  readonly schemaVersion: 1;
  readonly addresses: readonly { readonly address: string; readonly device: string }[];
  readonly sysctls: readonly {
    readonly name: string;
    readonly former: string;
    readonly set: string;
  }[];
}

export const NOTHING_PREPARED: PreparedNote = { schemaVersion: 1, addresses: [], sysctls: [] };

/** Where the shared address waits for the packets that the other node passes on. */
const LOOPBACK = 'lo';

/** What has to be changed on this node, as peer and as node alike. Empty when nothing has. */
export function neededChanges(facts: HandoffFacts): PreparedNote {
  const shared = [...new Set(facts.services.map(({ address }) => address))];
  const addresses = shared
    .filter(
      (address) =>
        !facts.addresses.some((one) => one.address === address && one.device === LOOPBACK),
    )
    .map((address) => ({ address, device: LOOPBACK }));
  return { schemaVersion: 1, addresses, sysctls: neededSysctls(facts) };
}

function neededSysctls(facts: HandoffFacts): PreparedNote['sysctls'] {
  const { arpIgnore, arpAnnounce, device, sysctls } = facts;
  const change = (name: string, set: string): PreparedNote['sysctls'] => {
    const former = sysctls[name];
    return former === undefined ? [] : [{ name, former, set }];
  };
  // Before the address is there: from its first moment on no ARP request is answered for it.
  return [
    ...(arpIgnore !== null && arpIgnore < 1 ? change('net.ipv4.conf.all.arp_ignore', '1') : []),
    ...(arpAnnounce !== null && arpAnnounce < 2
      ? change('net.ipv4.conf.all.arp_announce', '2')
      : []),
    ...['all', device]
      .map((name) => `net.ipv4.conf.${name}.rp_filter`)
      .filter((name) => sysctls[name] === '1')
      .flatMap((name) => change(name, '0')),
  ];
}

export function planPrepare(
  changes: PreparedNote,
  earlier: PreparedNote,
  notePath: string,
  self: ProcessId,
): readonly Step[] {
  const note: PreparedNote = {
    schemaVersion: 1,
    addresses: [...earlier.addresses, ...changes.addresses],
    sysctls: [...earlier.sysctls, ...changes.sysctls],
  };
  return [
    {
      kind: 'keep-note',
      id: 'note',
      path: notePath,
      content: `${JSON.stringify(note)}\n`,
      summary: 'write down how to take it back',
    },
    ...changes.sysctls.map(
      ({ name, set }): Step => ({
        kind: 'set-sysctl',
        id: name,
        name,
        value: set,
        namespaceOf: self,
      }),
    ),
    ...changes.addresses.map(
      ({ address, device }): Step => ({ kind: 'add-address', id: address, address, device }),
    ),
  ];
}

/** Back in reverse; a parameter that somebody has changed since is left to them. */
export function planUnprepare(
  note: PreparedNote,
  sysctls: Readonly<Record<string, string>>,
  notePath: string,
  self: ProcessId,
): readonly Step[] {
  const back = note.sysctls.filter(({ name, set }) => sysctls[name] === set);
  return [
    ...note.addresses.map(
      ({ address, device }): Step => ({ kind: 'remove-address', id: address, address, device }),
    ),
    ...back.toReversed().map(
      ({ name, former }): Step => ({
        kind: 'set-sysctl',
        id: name,
        name,
        value: former,
        namespaceOf: self,
      }),
    ),
    {
      kind: 'keep-note',
      id: 'note',
      path: notePath,
      content: null,
      summary: 'remove the note of what was changed',
    },
  ];
}
