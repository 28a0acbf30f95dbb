import type { Drift } from '../haproxy/changes/drift.js';
import type { ConfigChange } from '../haproxy/runtime/change.js';
import { describeChange } from '../haproxy/runtime/commands.js';
import type { ChangesPlan } from '../reload/changes-plan.js';
import { paint, wrap, type Style } from './style.js';

/** What would change, object by object, as people read it. */
export function planChangesText(plan: ChangesPlan, columns: number, colour: boolean): string {
  const paragraphs = [
    wrap(headline(plan), columns),
    ...plan.changes.map((change) => changeText(change, columns, colour)),
    ...driftText(plan.drift, columns, colour),
    ...plan.notes.map((note) => wrap(note, columns, 'note: ')),
    wrap(summaryText(plan), columns),
  ];
  return `${paragraphs.join('\n\n')}\n`;
}

function headline({ instance, version, running }: ChangesPlan): string {
  const who = `pid ${instance.serving.pid}${version === undefined ? '' : ` (HAProxy ${version})`}`;
  if (running.kind === 'unknown') return `What ${who} runs is not known: ${running.because}.`;
  return running.from === 'kept'
    ? `${who} runs the configuration that hitless has kept.`
    : `${who} is younger than its files: it runs what they say.`;
}

const SIGNS: Readonly<Record<ConfigChange['sign'], Style>> = {
  '+': 'green',
  '~': 'yellow',
  '-': 'red',
};
const VERDICTS = {
  runtime: 'at run time',
  reload: 'needs a reload',
  nothing: 'no effect',
} as const;
const VERDICT_STYLES: Readonly<Record<ConfigChange['by']['kind'], Style>> = {
  runtime: 'green',
  reload: 'yellow',
  nothing: 'dim',
};
/** Entries of one change that are listed each; the rest is counted. */
const LISTED = 10;

function changeText(change: ConfigChange, columns: number, colour: boolean): string {
  const { sign, subject, before, after, by } = change;
  const verdict = paint(VERDICT_STYLES[by.kind], VERDICTS[by.kind], colour);
  const lines = [
    `${paint(SIGNS[sign], sign, colour)} ${paint('bold', subject, colour)}: ${verdict}`,
  ];
  if (before !== null) lines.push(sideText('-', before, columns, colour));
  if (after !== null) lines.push(sideText('+', after, columns, colour));
  const whys =
    by.kind === 'runtime' ? listed(by.changes.map(describeChange)) : [`because ${by.because}`];
  for (const why of whys) lines.push(wrap(why, columns, INDENT));
  return lines.join('\n');
}

const INDENT = '    ';

/** The line and its place, on the next line when both do not fit. */
function sideText(
  sign: '-' | '+',
  { text, place }: NonNullable<ConfigChange['before']>,
  columns: number,
  colour: boolean,
): string {
  const where = `${place.file}:${place.line}`;
  const style = sign === '+' ? 'green' : 'red';
  const room = columns - INDENT.length - 2;
  const short = text.length > room ? `${text.slice(0, room - 1)}…` : text;
  const line = `${INDENT}${paint(style, `${sign} ${short}`, colour)}`;
  const fits = short.length + 2 + where.length <= room;
  const shown = paint('dim', where, colour);
  return fits ? `${line}  ${shown}` : `${line}\n${INDENT}  ${shown}`;
}

function listed(texts: readonly string[]): readonly string[] {
  if (texts.length <= LISTED) return texts;
  return [...texts.slice(0, LISTED), `and ${texts.length - LISTED} more`];
}

function driftText(drift: readonly Drift[], columns: number, colour: boolean): readonly string[] {
  if (drift.length === 0) return [];
  const title = wrap(
    'Set over the socket, and not in the files that it was started with:',
    columns,
  );
  const lines = drift.map((one) => {
    const sign = one.files === null ? '+' : one.running === null ? '-' : '~';
    const mark = paint(SIGNS[sign], sign, colour);
    return `${mark} ${wrap(driftSentence(one), columns - 2, '').replaceAll('\n', '\n  ')}`;
  });
  return [[title, ...lines].join('\n')];
}

function driftSentence(drift: Drift): string {
  const { subject, detail, running, files, place, kind } = drift;
  const where = place === null ? '' : ` (${place.file}:${place.line})`;
  const what =
    detail === '' || kind === 'certificate' || kind === 'ca-file' || kind === 'crl-file'
      ? subject
      : `${subject} ${detail}`;
  switch (kind) {
    case 'added-server':
      return `${subject}: added at run time (${running ?? ''}); ${afterReload(drift)}`;
    case 'deleted-server':
      return `${subject}: deleted at run time; ${afterReload(drift)}${where}`;
    case 'certificate':
    case 'ca-file':
    case 'crl-file':
      return `${what}: another one was set at run time; ${afterReload(drift)}${where}`;
    case 'crt-list-entry':
    case 'map-entry':
    case 'acl-entry':
      if (files === null)
        return `${what}: added${running === '' ? '' : ` (${running ?? ''})`}; ${afterReload(drift)}`;
      if (running === null) return `${what}: deleted; ${afterReload(drift)}${where}`;
      return `${what}: ${running}, the file has ${files}${where}; ${afterReload(drift)}`;
    default:
      return `${what}: ${running ?? 'none'}, the files say ${files ?? 'none'}${where}; ${afterReload(drift)}`;
  }
}

/** What becomes of it in the next process (src/haproxy/state): some of it hitless hands on. */
export function afterReload({ kind, files, running }: Drift): string {
  switch (kind) {
    case 'state':
    case 'weight':
    case 'address':
    case 'check':
    case 'agent-check':
      return 'a reload by hitless carries it over';
    case 'map-entry':
    case 'acl-entry':
      return `${files === null ? 'a reload forgets it' : 'a reload begins with the file'}, unless with --keep-runtime`;
    case 'added-server':
      return 'a reload removes it';
    case 'deleted-server':
      return 'a reload brings it back';
    case 'certificate':
    case 'ca-file':
    case 'crl-file':
      return 'a reload loads the file';
    default:
      if (files === null) return 'a reload forgets it';
      return running === null
        ? 'a reload brings it back'
        : `a reload begins with ${files}`.trimEnd();
  }
}

export interface Summary {
  readonly runtime: number;
  readonly reload: number;
  readonly nothing: number;
  readonly drift: number;
}

export function summaryOf({ changes, drift }: ChangesPlan): Summary {
  const count = (kind: ConfigChange['by']['kind']): number =>
    changes.filter(({ by }) => by.kind === kind).length;
  return {
    runtime: count('runtime'),
    reload: count('reload'),
    nothing: count('nothing'),
    drift: drift.length,
  };
}

/** `2 at run time, 1 needs a reload`. */
export function summaryText(plan: ChangesPlan): string {
  const { runtime, reload, nothing, drift } = summaryOf(plan);
  const parts = [
    ...(runtime > 0 ? [`${runtime} at run time`] : []),
    ...(reload > 0 ? [`${reload} ${reload === 1 ? 'needs' : 'need'} a reload`] : []),
    ...(nothing > 0 ? [`${nothing} without effect`] : []),
  ];
  const changes = runtime + reload === 0 ? ['nothing to change', ...parts] : parts;
  return [...changes, ...(drift > 0 ? [`${drift} in drift`] : [])].join(', ');
}

/** For programs. Contents of certificates are left out: they may come with their keys. */
export function planDocument(plan: ChangesPlan): unknown {
  const { instance, version, running, changes, drift, needsReload, notes } = plan;
  const summary = summaryOf(plan);
  return {
    schemaVersion: 1,
    result: summary.runtime + summary.reload === 0 ? 'unchanged' : 'changes',
    pid: instance.serving.pid,
    version: version ?? null,
    running:
      running.kind === 'known'
        ? { known: true, from: running.from }
        : { known: false, because: running.because },
    summary,
    needsReload,
    changes: changes.map(({ sign, subject, before, after, by }) => ({
      sign,
      subject,
      before,
      after,
      by: by.kind,
      because: by.kind === 'runtime' ? null : by.because,
      runtime: by.kind === 'runtime' ? by.changes.map(describeChange) : [],
    })),
    drift: drift.map((one) => ({ ...one, afterReload: afterReload(one) })),
    notes,
  };
}
