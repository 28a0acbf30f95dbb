import type { Place } from '../haproxy/config/resolve.js';
import type { Severity } from './check.js';
import type { DoctorFacts } from './facts.js';
import type { Fix } from './fix.js';
import { CHECKS } from './registry.js';

/** A sign with all the words of its check. */
export interface Diagnosis {
  readonly check: string;
  readonly severity: Severity;
  readonly subject: string;
  readonly what: string;
  readonly place: Place | null;
  readonly because: string;
  readonly source: string;
  readonly remedy: string;
  /** Null: it is left to people. */
  readonly fix: Fix | null;
}

/**
 * Everything that the checks find, the gravest first.
 *
 * @param only names of checks; all when empty
 */
export function diagnoseReloads(facts: DoctorFacts, only: readonly string[]): readonly Diagnosis[] {
  const found = CHECKS.filter(({ id }) => only.length === 0 || only.includes(id)).flatMap((check) =>
    check.signs(facts).map((sign) => ({
      check: check.id,
      severity: sign.severity ?? check.severity,
      subject: sign.subject,
      what: sign.what,
      place: sign.place ?? null,
      because: sign.because ?? check.because,
      source: check.source,
      remedy: sign.remedy ?? check.remedy,
      fix: sign.fix ?? null,
    })),
  );
  return ORDER.flatMap((severity) => found.filter((one) => one.severity === severity));
}

const ORDER: readonly Severity[] = ['error', 'warning', 'info'];

/** Worth knowing is no problem. */
export function isProblem({ severity }: Pick<Diagnosis, 'severity'>): boolean {
  return severity !== 'info';
}
