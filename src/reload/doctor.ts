import { applyFixes, type FixedLine } from '../doctor/apply-fixes.js';
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

/**
 * The fixes of what was found, as the edit of an ordinary reload.
 *
 * @param onEdit told of the lines, in the order of the files, before anything is planned
 */
export function fixEdit(
  found: readonly Diagnosis[],
  onEdit: (lines: readonly FixedLine[]) => void,
): (documents: readonly Document[]) => readonly FileEdit[] {
  const fixes = found.flatMap(({ fix }) => (fix === null ? [] : [fix]));
  return (documents) => {
    const { documents: edited, lines } = applyFixes(documents, fixes);
    onEdit([...lines].sort((a, b) => a.line - b.line));
    return edited.flatMap((document) => {
      const own = lines.filter(({ file }) => file === document.file);
      if (own.length === 0) return [];
      const numbers = own.map(({ line }) => line).sort((a, b) => a - b);
      const summary = `what doctor found, at line ${numbers.join(', ')}`;
      return [{ file: document.file, document, summary }];
    });
  };
}
