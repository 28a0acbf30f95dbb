import type { Place } from '../config/resolve.js';

/**
 * A change of a running HAProxy that needs no reload, as data: what `plan` proposes, `apply` and
 * `set` carry out, and what the runtime API is asked for (management.txt, section 9.3).
 * Absolute values only, so that a change may be made twice; `before` is what undoes it.
 */
export type RuntimeChange =
  | ServerChange
  | { readonly kind: 'server-add'; readonly server: ServerName; readonly words: readonly string[] }
  | {
      readonly kind: 'server-delete';
      readonly server: ServerName;
      readonly words: readonly string[];
    }
  | EntryChange
  | CrtListChange
  | LoadedCertificateChange
  | {
      /** A certificate, or a CA file, under the name (path) by which HAProxy has loaded it. */
      readonly kind: 'certificate' | 'ca-file' | 'crl-file';
      readonly path: string;
      readonly before: string;
      readonly after: string;
    }
  | {
      readonly kind: 'frontend-maxconn';
      readonly frontend: string;
      readonly before: number;
      readonly after: number;
    }
  | {
      readonly kind: 'global';
      readonly setting: 'maxconn' | 'maxconnrate' | 'maxsessrate' | 'maxsslrate';
      /** 0: no limit (not for `maxconn`). */
      readonly before: number;
      readonly after: number;
    };

/** Names as HAProxy reads them (latin1). */
export interface ServerName {
  readonly backend: string;
  readonly server: string;
}

/** One attribute of one server; `before` and `after` in the notation of the runtime API. */
export interface ServerChange {
  readonly kind: 'server';
  readonly server: ServerName;
  readonly attribute: ServerAttribute;
  readonly before: string;
  readonly after: string;
}

export type ServerAttribute =
  /** 0 to 256. */
  | 'weight'
  /** `ready`, `drain` or `maint`. */
  | 'state'
  /** `IP:PORT`, `[IP]:PORT`. */
  | 'address'
  | 'fqdn'
  | 'maxconn'
  /** `on` or `off`: whether checks, or agent checks, are made. */
  | 'check'
  | 'agent-check'
  | 'check-address'
  | 'check-port'
  | 'agent-address'
  | 'agent-port'
  | 'agent-send';

/** One entry of a map or ACL file that is loaded; null: it is not there. For an ACL the value is empty. */
export interface EntryChange {
  readonly kind: 'map-entry' | 'acl-entry';
  /** The name by which HAProxy has loaded it: its path, as the configuration writes it. */
  readonly file: string;
  readonly key: string;
  readonly before: string | null;
  readonly after: string | null;
}

/**
 * All entries of a crt-list that is loaded, in order: which of several certificates for one name
 * is served follows from it. As `printEntry` (crt-lists.ts) writes them.
 */
export interface CrtListChange {
  readonly kind: 'crt-list';
  /** The name by which HAProxy has loaded it: its path, as the configuration writes it. */
  readonly file: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Whether a certificate is in memory, and which (PEM with its key); null: none of that name. */
export interface LoadedCertificateChange {
  readonly kind: 'loaded-certificate';
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** One difference between what runs and what the files say, for `plan`. */
export interface ConfigChange {
  readonly sign: '+' | '~' | '-';
  /** `server web/web1`, `frontend www`, `global`, `map /etc/haproxy/hosts.map`. */
  readonly subject: string;
  readonly before: { readonly text: string; readonly place: Place } | null;
  readonly after: { readonly text: string; readonly place: Place } | null;
  readonly by:
    | { readonly kind: 'runtime'; readonly changes: readonly RuntimeChange[] }
    | { readonly kind: 'reload'; readonly because: string }
    /** HAProxy behaves the same: comments, spaces, order of sections that does not count. */
    | { readonly kind: 'nothing'; readonly because: string };
}

/** The same change from another value: the one that is there now, as reading back shows it. */
export function changeFrom(change: RuntimeChange, now: string | null): RuntimeChange {
  switch (change.kind) {
    case 'server':
      return { ...change, before: now ?? '' };
    case 'map-entry':
    case 'acl-entry':
      return { ...change, before: now };
    case 'frontend-maxconn':
    case 'global':
      return { ...change, before: Number(now) };
    default:
      return change;
  }
}
