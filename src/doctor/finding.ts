/** One thing on this host that stands in the way of a lossless change, or may. */
export interface Finding {
  /** `error`: the change is refused. `warning`: it may lose something. */
  readonly severity: 'error' | 'warning';
  /** What it is about: an address, an interface, a kernel parameter. */
  readonly subject: string;
  readonly what: string;
  /** Why that matters. */
  readonly because: string;
  /** What to do, naming the command that helps. */
  readonly remedy: string;
}
