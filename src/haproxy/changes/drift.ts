import type { Config, Place } from '../config/resolve.js';
import type { RuntimeReading } from '../runtime/reading.js';
import { crtListDrift } from './drift-crt-lists.js';
import { entryDrift } from './drift-entries.js';
import { limitDrift } from './drift-limits.js';
import { serverDrift } from './drift-servers.js';

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
    | 'crl-file'
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

/**
 * Lists what differs from the configuration that the process was started with. Pure.
 *
 * @param perProxy `-N` of its command line: the maxconn of frontends that name none
 */
export function driftOf(
  config: Config,
  reading: RuntimeReading,
  perProxy: number | undefined,
): readonly Drift[] {
  return [
    ...serverDrift(config, reading),
    ...limitDrift(config, reading, perProxy),
    ...entryDrift(reading),
    ...crtListDrift(reading),
  ];
}
