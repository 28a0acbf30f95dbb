import type { RuntimeConnection } from '../../host/host.js';
import type { RuntimeChange, ServerChange } from './change.js';
import { inverseOf } from './commands.js';
import { readBackAll, wantedValue } from './read-back.js';

/** A change beside what the running process shows of its subject now. */
export interface FromNow {
  readonly change: RuntimeChange;
  /** In the notation of `after`; null: it is not there. */
  readonly now: string | null;
  /** It is as the change would have it. */
  readonly isMade: boolean;
  /** Why the change cannot be made from there, as a clause; undefined when it can. */
  readonly because: string | undefined;
}

/**
 * What is not there cannot be changed, and what could not be put back must not be. What the version
 * can change at all is for `whyNotAtRuntime` to say.
 *
 * @throws HitlessError `socket-silent`
 */
export async function fromNow(
  connection: RuntimeConnection,
  changes: readonly RuntimeChange[],
): Promise<readonly FromNow[]> {
  const needed = changes.map(switchFor);
  const asked = [...changes, ...needed.filter((one) => one !== undefined)];
  // From the same tables: HAProxy is asked no more for them.
  const values = await readBackAll(connection, asked);
  const now = new Map(asked.map((one, at) => [one, values[at] ?? null]));
  return await Promise.all(
    changes.map(async (change, at): Promise<FromNow> => {
      const value = now.get(change) ?? null;
      const isMade = value === (await wantedValue(change));
      const needs = needed[at];
      const isOff = needs !== undefined && now.get(needs) === 'off' && !switchesOn(changes, needs);
      const because = isMade
        ? undefined
        : ((await whyNotFrom(change, value)) ?? (isOff ? OFF[needs.attribute] : undefined));
      return { change, now: value, isMade, because };
    }),
  );
}

type Switch = ServerChange & { readonly attribute: 'check' | 'agent-check' };

/** What has to be on before a change is taken (srv_update_check_addr_port in server.c, 2.4 to 3.2). */
function switchFor(change: RuntimeChange): Switch | undefined {
  if (change.kind !== 'server') return undefined;
  const { kind, server } = change;
  const needed = { kind, server, before: 'off', after: 'on' };
  switch (change.attribute) {
    case 'check-address':
    case 'check-port':
      return { ...needed, attribute: 'check' };
    case 'agent-address':
    case 'agent-port':
      return { ...needed, attribute: 'agent-check' };
    default:
      return undefined;
  }
}

/** One of the changes themselves does it, and such come first (order.ts). */
function switchesOn(changes: readonly RuntimeChange[], needed: Switch): boolean {
  return changes.some(
    (one) =>
      one.kind === 'server' &&
      one.attribute === needed.attribute &&
      one.after === 'on' &&
      one.server.backend === needed.server.backend &&
      one.server.server === needed.server.server,
  );
}

const OFF: Readonly<Record<Switch['attribute'], string>> = {
  check:
    'its health checks are switched off at run time, and HAProxy takes no address for them then',
  'agent-check':
    'its agent checks are switched off at run time, and HAProxy takes no address for them then',
};

const NOT_SHOWN = 'the running process knows no such thing, or shows no value';

async function whyNotFrom(change: RuntimeChange, now: string | null): Promise<string | undefined> {
  switch (change.kind) {
    case 'server':
    case 'frontend-maxconn':
    case 'global':
      return now === null ? NOT_SHOWN : undefined;
    case 'server-add':
      return now === null ? undefined : 'there is a server of that name already';
    case 'certificate':
    case 'ca-file':
      return now === (await wantedValue(inverseOf(change)))
        ? undefined
        : 'another one was set at run time, and could not be put back';
    case 'loaded-certificate':
      return now === (await wantedValue(inverseOf(change)))
        ? undefined
        : 'another certificate of this name was loaded at run time, and could not be put back';
    case 'crt-list':
      if (now === null) return NOT_SHOWN;
      return now === (await wantedValue(inverseOf(change)))
        ? undefined
        : 'entries of it were changed at run time, and it could not be put back as it is';
    case 'server-delete':
    case 'map-entry':
    case 'acl-entry':
    // No value of it is ever shown, so that it is never made at run time.
    case 'crl-file':
      return undefined;
  }
}
