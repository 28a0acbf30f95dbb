import { parseAddresses } from '../../haproxy/config/address.js';
import { isBefore, type Version } from '../../haproxy/version.js';
import { ADVISORIES, type Advisory } from '../advisories.js';
import type { Check } from '../check.js';
import type { DoctorFacts } from '../facts.js';
import { word } from '../settings.js';

/** One check for each known bug, by the installed version. */
export const ADVISORY_CHECKS: readonly Check[] = ADVISORIES.map((advisory) => ({
  id: `bug-${advisory.id}`,
  severity: advisory.severity,
  because: advisory.because,
  source: advisory.source,
  remedy: advisory.remedy,
  signs: (facts) => {
    const { version } = facts;
    if (version === null || !isAffected(advisory, version) || !isHit(advisory, facts)) return [];
    return [{ subject: `HAProxy ${version.text}`, what: advisory.what }];
  },
}));

function isAffected({ affected }: Advisory, version: Version): boolean {
  return affected.some(({ from, before }) => !isBefore(version, from) && isBefore(version, before));
}

function isHit({ needs }: Advisory, facts: DoctorFacts): boolean {
  switch (needs) {
    case 'peers':
      return (facts.config?.sections ?? []).some(({ kind }) => kind === 'peers');
    case 'abns':
      return facts.mode === 'master-worker' && hasAbns(facts);
    case 'master-worker':
    case 'daemon':
      return facts.mode === needs;
    default:
      return true;
  }
}

function hasAbns({ config }: DoctorFacts): boolean {
  return (config?.sections ?? []).some(({ statements }) =>
    statements.some((statement) => {
      const address = statement.keyword === 'bind' ? word(statement, 1) : undefined;
      return parseAddresses(address ?? '').some(({ family }) => family === 'abns');
    }),
  );
}
