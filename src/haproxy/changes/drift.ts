import type { Config, Place } from '../config/resolve.js';
import type { Entry } from '../runtime/entries.js';
import type { Limit } from '../runtime/limits.js';
import type { ServerState } from '../runtime/server-states.js';
import { crtListDrift, type LoadedCrtLists } from './drift-crt-lists.js';
import { entryDrift } from './drift-entries.js';
import { limitDrift } from './drift-limits.js';
import { serverDrift } from './drift-servers.js';
import type { ReferencedFiles } from './referenced.js';

/** Something that was set over the socket and that the files do not have. */
export interface Drift {
  readonly kind:
    | 'state'
    | 'weight'
    | 'address'
    | 'fqdn'
    | 'maxconn'
    | 'check'
    | 'agent-check'
    | 'added-server'
    | 'deleted-server'
    | 'map-entry'
    | 'acl-entry'
    | 'crt-list-entry'
    | 'certificate'
    | 'ca-file'
    | 'frontend-maxconn'
    | 'global';
  /** `server web/web1`, `map /etc/haproxy/hosts.map`. */
  readonly subject: string;
  /** What it is about, where the subject has several: a key of a map, `maxconn`. */
  readonly detail: string;
  /** As it runs; null: it is not there. */
  readonly running: string | null;
  /** What the files say, with which a new process begins; null: nothing. */
  readonly files: string | null;
  readonly place: Place | null;
}

/** SHA-1 of certificates, in capital hex digits, as loaded and as in the file that was loaded. */
export interface Digests {
  readonly running: string;
  readonly files: string;
}

/** What the sockets of the running process show. */
export interface RuntimeState {
  readonly servers: readonly ServerState[];
  readonly limits: readonly Limit[];
  readonly info: ReadonlyMap<string, string>;
  readonly maps: ReadonlyMap<string, readonly Entry[]>;
  readonly acls: ReadonlyMap<string, readonly Entry[]>;
  readonly crtLists: LoadedCrtLists;
  readonly certificates: ReadonlyMap<string, Digests>;
  readonly caFiles: ReadonlyMap<string, Digests>;
  readonly notes: readonly string[];
}

/** Lists what differs from the configuration that the process was started with. Pure. */
export function driftOf(
  running: { readonly config: Config; readonly referenced: ReferencedFiles },
  state: RuntimeState,
): readonly Drift[] {
  return [
    ...serverDrift(running.config, state),
    ...limitDrift(running.config, state),
    ...entryDrift(running.referenced, state),
    ...crtListDrift(running.config, running.referenced, state.crtLists),
  ];
}
