/** Thrown into a hitless that was killed, at its every further call. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

/**
 * `before` and `after` the effect, or with `half` of it done (a torn line, a temporary file
 * without its rename); an effect that cannot be halved happens whole.
 */
export type CrashMode = 'before' | 'half' | 'after';

export type Trouble =
  | { readonly kind: 'crash'; readonly at: number; readonly mode: CrashMode }
  | { readonly kind: 'failure'; readonly at: number };

export interface Effect<T> {
  readonly label: string;
  readonly apply: () => T;
  readonly half?: () => void;
  /** What this kind of effect fails with on a real machine. */
  readonly failure: () => Error;
}

/** Counts the calls of one hitless that change the machine, and spoils the one it is told to. */
export class Effects {
  readonly log: string[] = [];
  /** Called after each effect. */
  onEffect: () => void = () => undefined;
  /** Called when this hitless is killed. */
  onDeath: () => void = () => undefined;
  #dead = false;
  #struck: string | undefined;
  readonly #trouble: Trouble | undefined;

  constructor(trouble: Trouble | undefined) {
    this.#trouble = trouble;
  }

  /** The planned trouble has happened. */
  get struck(): boolean {
    return this.#struck !== undefined;
  }

  /** Number and name of the spoilt call. */
  get where(): string {
    return this.#struck ?? 'nowhere';
  }

  /** For calls without effect: a dead process makes none either. */
  alive(): void {
    if (this.#dead) throw new Killed('hitless was killed');
  }

  do<T>({ label, apply, half, failure }: Effect<T>): T {
    this.alive();
    this.log.push(label);
    const trouble = this.#trouble?.at === this.log.length ? this.#trouble : undefined;
    if (trouble !== undefined) this.#struck = `#${this.log.length} ${label}`;
    if (trouble?.kind === 'failure') throw failure();
    if (trouble?.mode === 'before') this.#die();
    if (trouble?.mode === 'half' && half !== undefined) {
      half();
      this.#die();
    }
    const result = apply();
    this.onEffect();
    if (trouble !== undefined) this.#die();
    return result;
  }

  #die(): never {
    this.#dead = true;
    this.onDeath();
    throw new Killed(`hitless was killed at "${this.log.at(-1) ?? ''}"`);
  }
}
