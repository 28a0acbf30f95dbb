import type { Loss } from './loss.js';
import type { WorkerProgress } from './messages.js';
import type { Report } from './report.js';
import type { ReloadRun } from './reloads.js';

/** What happens during a run; one line each with `--ndjson`. Times in ms after the start of the load. */
export type ProbeEvent =
  /** The right answers are known, and load begins. */
  | {
      readonly event: 'ready';
      readonly runId: string;
      readonly url: string;
      readonly bodyCheck: 'digest' | 'framing';
      readonly control: boolean;
    }
  | ({
      readonly event: 'progress';
      readonly atMs: number;
      readonly control: boolean;
    } & WorkerProgress)
  | {
      readonly event: 'reload';
      readonly state: 'start';
      readonly id: number;
      readonly atMs: number;
    }
  | ({ readonly event: 'reload'; readonly state: 'end' } & ReloadRun)
  /** The first thousand. */
  | ({ readonly event: 'loss' } & Loss)
  | { readonly event: 'report'; readonly report: Report };

/** Steers a run from outside, for one whose reloads hitless does not start itself. */
export interface ProbeControl {
  readonly reloadStarted: (id: number) => void;
  readonly reloadEnded: (id: number, ok: boolean, label: string) => void;
  /** Ends the load at that time of its own, if it has not ended by then. In ms after its start. */
  readonly endAt: (atMs: number) => void;
  /** Ends the load now; what is under way is still waited for. */
  readonly stop: () => void;
}

export interface ProbeHooks {
  readonly onEvent?: (event: ProbeEvent) => void;
  /** Called once, when the load begins. */
  readonly onStart?: (control: ProbeControl) => void;
  /** Ends the run early; its report says so. */
  readonly signal?: AbortSignal;
}
