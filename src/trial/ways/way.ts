import type { Lab } from '../../lab/lab.js';
import type { LabNode } from '../../lab/node.js';

/** One way to reload something under load, by hitless or as people have always done it. */
export interface Way {
  /** It is known to lose: no proof without one beside it. */
  readonly control: boolean;
  /** Starts what will be reloaded, in a lab of its own. @throws HitlessError; nothing is left then */
  readonly start: (options: StageOptions) => Promise<Stage>;
}

export interface StageOptions {
  readonly signal?: AbortSignal;
}

/** A lab with a service that clients reach and that can be reloaded again and again. */
export interface Stage {
  readonly lab: Lab;
  readonly client: LabNode;
  /** Where the kernel's counters count: the node that listens. */
  readonly proxy: LabNode;
  /** As the client reaches it, over IPv4 and over IPv6. */
  readonly urls: readonly [ipv4: string, ipv6: string];
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
}
