import type { Place } from '../haproxy/config/resolve.js';
import type { DoctorFacts } from './facts.js';
import type { Fix } from './fix.js';

/** `info` is worth knowing and no problem: the exit code of doctor stays 0 with it. */
export type Severity = 'error' | 'warning' | 'info';

/**
 * Something that makes reloads lose connections, state or memory. Pure: what it needs to know is in
 * the facts. One file a topic in checks/, all of them in registry.ts; docs/doctor.md lists them.
 */
export interface Check {
  /** Lasting name, for --only and for programs that read the JSON. */
  readonly id: string;
  readonly severity: Severity;
  /** What is lost, and how much was measured. */
  readonly because: string;
  /** Section of a manual, issue, commit, or kernel document. */
  readonly source: string;
  readonly remedy: string;
  readonly signs: (facts: DoctorFacts) => readonly Sign[];
}

/** One place where a check has found it. What differs from the check's own words is given here. */
export interface Sign {
  readonly subject: string;
  readonly what: string;
  readonly place?: Place;
  readonly severity?: Severity;
  readonly because?: string;
  readonly remedy?: string;
  /** The safe way to make it go away, where there is one. */
  readonly fix?: Fix;
}
