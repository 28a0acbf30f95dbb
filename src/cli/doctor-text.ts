import type { FixedLine } from '../doctor/apply-fixes.js';
import { isProblem, type Diagnosis } from '../doctor/diagnose.js';
import type { Finding } from '../doctor/finding.js';
import { paint, wrap, type Style } from './style.js';

const STYLES: Readonly<Record<Diagnosis['severity'], Style>> = {
  error: 'red',
  warning: 'yellow',
  info: 'cyan',
};

/** What was found, for people: signs of one check share its words. */
export function diagnosesText(
  found: readonly Diagnosis[],
  columns: number,
  colour: boolean,
): string {
  if (found.length === 0) return 'good: nothing was found\n';
  const blocks = groups(found).map((group) => groupText(group, columns, colour));
  return `${[...blocks, wrap(summary(found), columns)].join('\n\n')}\n`;
}

type Group = readonly [Diagnosis, ...(readonly Diagnosis[])];

function groups(found: readonly Diagnosis[]): readonly Group[] {
  const all = new Map<string, [Diagnosis, ...Diagnosis[]]>();
  for (const one of found) {
    const key = JSON.stringify([one.check, one.severity, one.because, one.remedy]);
    const group = all.get(key);
    if (group === undefined) all.set(key, [one]);
    else group.push(one);
  }
  return [...all.values()];
}

function groupText(group: Group, columns: number, colour: boolean): string {
  const [{ check, severity, because, source, remedy }] = group;
  const label = severity.padEnd(LABEL);
  const signs = group.map((one, at) =>
    paint(STYLES[severity], wrap(signText(one), columns, at === 0 ? label : BLANK), colour),
  );
  const isFixable = group.some(({ fix }) => fix !== null);
  return [
    ...signs,
    wrap(because, columns, 'because '),
    wrap(source, columns, 'source  '),
    wrap(remedy, columns, 'remedy  '),
    ...(isFixable ? [wrap(`hitless doctor --fix --only ${check}`, columns, 'mend    ')] : []),
    paint('dim', wrap(check, columns, 'check   '), colour),
  ].join('\n');
}

const LABEL = 8;
const BLANK = ' '.repeat(LABEL);

function signText({ place, what }: Diagnosis): string {
  return place === null ? what : `${place.file}:${place.line}: ${what}`;
}

function summary(found: readonly Diagnosis[]): string {
  const count = (severity: Diagnosis['severity']): number =>
    found.filter((one) => one.severity === severity).length;
  const parts = [
    plural(count('error'), 'error'),
    plural(count('warning'), 'warning'),
    count('info') === 0 ? '' : `${count('info')} worth knowing`,
  ].filter((part) => part !== '');
  const fixable = found.filter(({ fix }) => fix !== null).length;
  const mend = fixable === 0 ? '' : `; "hitless doctor --fix" mends ${fixable} of them`;
  return `${found.some(isProblem) ? 'problems' : 'good'}: ${parts.join(', ')}${mend}`;
}

function plural(count: number, word: string): string {
  return count === 0 ? '' : `${count} ${word}${count === 1 ? '' : 's'}`;
}

export function diagnosesDocument(found: readonly Diagnosis[]): unknown {
  return {
    schemaVersion: 1,
    result: found.some(isProblem) ? 'problems' : 'good',
    findings: found.map(({ fix, ...words }) => ({ ...words, fixable: fix !== null })),
  };
}

/** The lines that differ, as a diff without its surroundings. Never wrapped: they are the file's. */
export function fixesText(lines: readonly FixedLine[], colour: boolean): string {
  return lines
    .flatMap(({ file, line, before, after }) => [
      paint('bold', `${file}:${line}`, colour),
      ...(before === null ? [] : [paint('red', `- ${before}`, colour)]),
      paint('green', `+ ${after}`, colour),
    ])
    .map((text) => `${text}\n`)
    .join('');
}

/** What stands in the way of a hand-over to another node. */
export function findingsText(
  findings: readonly Finding[],
  columns: number,
  colour: boolean,
): string {
  if (findings.length === 0) return 'good: nothing was found\n';
  return findings
    .flatMap(({ severity, subject, what, because, remedy }) => [
      paint(STYLES[severity], wrap(`${subject}: ${what}`, columns, severity.padEnd(LABEL)), colour),
      wrap(because, columns, 'because '),
      wrap(remedy, columns, 'remedy  '),
    ])
    .map((line) => `${line}\n`)
    .join('');
}

export function findingsDocument(findings: readonly Finding[]): unknown {
  return { schemaVersion: 1, result: findings.length === 0 ? 'good' : 'problems', findings };
}
