import { applyFixes } from '../doctor/apply-fixes.js';
import { diagnoseReloads, type Diagnosis } from '../doctor/diagnose.js';
import type { Document } from '../haproxy/config/document.js';
import type { Host } from '../host/host.js';
import { gatherDoctorFacts } from './doctor-facts.js';
import type { DoctorRequest } from './doctor-request.js';
import type { FileEdit } from './request.js';

/**
 * What makes reloads lose something here. Looks only.
 *
 * @throws HitlessError when there is nothing to look at, or it cannot be read
 */
export async function examine(host: Host, request: DoctorRequest): Promise<readonly Diagnosis[]> {
  return diagnoseReloads(await gatherDoctorFacts(host, request), request.only);
}

/** The fixes of what was found, as the edit of an ordinary reload; each line once. */
export function fixEdit(
  found: readonly Diagnosis[],
): (documents: readonly Document[]) => readonly FileEdit[] {
  const fixes = found.flatMap(({ fix }) => (fix === null ? [] : [fix]));
  return (documents) => {
    const { documents: edited, applied } = applyFixes(documents, fixes);
    return edited.flatMap((document) => {
      const own = applied.filter(({ file }) => file === document.file);
      if (own.length === 0) return [];
      const lines = own.map(({ line }) => line).join(', ');
      return [{ file: document.file, document, summary: `what doctor found, at line ${lines}` }];
    });
  };
}
