import type { Lab } from '../../lab/lab.js';
import type { LabNode } from '../../lab/node.js';
import type { Connections } from '../../probe/options.js';

/** One way to reload something under load, by hitless or as people have always done it. */
export interface Way {
  /** It is known to lose: no proof without one beside it. */
  readonly control: boolean;
  /** Starts what will be reloaded, in a lab of its own. @throws HitlessError; nothing is left then */
  readonly start: (options: StageOptions) => Promise<Stage>;
  /** Why it cannot be used on this machine, in words; undefined when it can. */
  readonly unusable?: () => Promise<string | undefined>;
  /** What its stage can be measured with; all kinds that need no more than plain HTTP when absent. */
  readonly connections?: readonly Connections[];
  /** Where hitless refuses it unless `--allow-loss` is given, and why. Shown, and no part of a proof. */
  readonly refusedFor?: Readonly<Partial<Record<Connections, string>>>;
}

export interface StageOptions {
  readonly signal?: AbortSignal;
  /** What clients will come with; a stage starts no service that only others need. */
  readonly connections?: Connections;
}

/** A lab with a service that clients reach and that can be reloaded again and again. */
export interface Stage {
  readonly lab: Lab;
  readonly client: LabNode;
  /** Where the kernel's counters count: the node that listens. */
  readonly proxy: LabNode;
  /** As the client reaches it, over IPv4 and over IPv6. */
  readonly urls: readonly [ipv4: string, ipv6: string];
  /** The same for connections that need a service of their own: TLS, tunnels. */
  readonly otherUrls?: Readonly<
    Partial<Record<Connections, readonly [ipv4: string, ipv6: string]>>
  >;
  /** Further nodes that serve, beside `proxy`; what they use counts too. */
  readonly peers?: readonly LabNode[];
  /** Whose answers are right ones too. */
  readonly references: readonly string[];
  /**
   * Changes something and reloads.
   *
   * @param turn from 0 on
   * @param stalled the old process is stopped (SIGSTOP) around the start of the new one
   */
  readonly reload: (turn: number, stalled: boolean) => Promise<Said>;
}

export interface Said {
  readonly ok: boolean;
  /** What the command said, when it failed. */
  readonly said: string;
  /** From the beginning of a hold of new connections to its end; absent where there is none. */
  readonly heldMs?: number;
}
