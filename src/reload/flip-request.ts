/** What is to be flipped, and how the next instance is made. */
export interface FlipOptions {
  readonly service: FlipService;
  readonly health: readonly HealthSpec[];
  /** From which ports of its own an instance gets some. */
  readonly ports: { readonly low: number; readonly high: number };
  readonly drainTimeoutMs?: number;
  /** Earlier instances that may be alive when another one is added. */
  readonly maxDraining?: number;
  /** How the old instance is told to finish; the service's own way when absent. */
  readonly stopSignal?: NodeJS.Signals;
}

export type FlipService =
  /** Configuration files; those of the running one when absent. */
  | { readonly kind: 'haproxy'; readonly configFiles: readonly string[] | null }
  /** The one that runs is what the next is made from. */
  | { readonly kind: 'nginx' | 'apache'; readonly pid: number | null }
  /** Any program that is told its port: `{port}`, or `{port:80}` where there are several. */
  | {
      readonly kind: 'command';
      readonly doors: readonly PublicPort[];
      readonly argv: readonly string[];
      readonly cwd: string;
    };

/** `80`, `10.0.0.1:80` or `[fd00::1]:80`. */
export interface PublicPort {
  readonly host: string | null;
  readonly port: number;
}

export type HealthSpec =
  | { readonly kind: 'tcp' }
  /** Host and port stand where the URL names some; else the instance's own. */
  | { readonly kind: 'http'; readonly path: string }
  | { readonly kind: 'command'; readonly argv: readonly string[] };

/** No service of its own lives there, and the kernel gives none of it to clients (32768 up). */
export const DEFAULT_STANDBY_PORTS = { low: 18_000, high: 18_999 } as const;
export const DEFAULT_DRAIN_TIMEOUT_MS: number = 60_000;
