import { refused, type HitlessError } from '../../error.js';
import { decode } from './document.js';
import { lexLine } from './lexer.js';
import { nearest } from './nearest.js';
import type { Config, Proxy } from './resolve.js';
import { wordsOf, type Section, type Statement } from './sections.js';

/**
 * The one backend or listen section of this name (latin1).
 *
 * @throws HitlessError `config-unknown-name`, or `target-ambiguous` with both places
 */
export function backendNamed(config: Config, name: string): Proxy {
  const backends = config.proxies.filter(({ kind }) => kind !== 'frontend');
  const [found, second] = backends.filter((proxy) => proxy.name === name && !proxy.section.env);
  if (found === undefined) throw unknown(config, backends, name);
  if (second !== undefined) {
    throw refused('target-ambiguous', `two sections are called ${decode(name)}`, {
      subject: `${placeOf(found.section)} and ${placeOf(second.section)}`,
      hint: 'give each its own name: HAProxy refuses two backends of one name',
    });
  }
  return found;
}

/**
 * Refuses to touch a section of which only HAProxy can tell whether, and with what, it counts;
 * `matches` are the statements to be changed.
 *
 * @throws HitlessError `target-ambiguous` with the place
 */
export function refuseUncertain(
  config: Config,
  section: Section,
  matches: (statement: Statement) => boolean,
): void {
  if (section.condition !== 0) throw conditional(section, section.header.number, section.condition);
  const last = section.statements.findLast(matches);
  if (last !== undefined && last.condition !== 0) {
    throw conditional(section, last.line.number, last.condition);
  }
  refuseBroken(section);
  const variable = section.statements.find((statement) => wordsOf(statement)[0]?.env);
  if (variable !== undefined) {
    throw refused('target-ambiguous', 'a variable decides what this line sets', {
      subject: `${section.file}:${variable.line.number}`,
      hint: 'write the keyword itself, or change the file by hand',
    });
  }
  refuseStraddling(config, section);
}

function refuseBroken(section: Section): void {
  for (const { line } of section.statements) {
    const { fault } = lexLine(line.text);
    if (fault === undefined) continue;
    throw refused('config-invalid', fault.reason, {
      subject: `${section.file}:${line.number}:${fault.column}`,
      hint: 'HAProxy cannot read this line: see `haproxy -c -f`',
    });
  }
}

function unknown(config: Config, backends: readonly Proxy[], name: string): HitlessError {
  const names = backends.map((proxy) => decode(proxy.name));
  const near = nearest(names, decode(name));
  const hint = otherKind(config, name) ?? variableName(backends);
  const offer = near.length > 0 ? `did you mean ${near.join(' or ')}?` : undefined;
  const all = names.length === 0 ? 'there is no backend at all' : undefined;
  return refused('config-unknown-name', `no backend or listen section is called ${decode(name)}`, {
    subject: config.documents.map(({ file }) => file).join(', '),
    hint: [hint, offer].filter((text) => text !== undefined).join('; ') || all || listed(names),
  });
}

function placeOf({ file, header }: Section): string {
  return `${file}:${header.number}`;
}

/** Names shown when none is like the wanted one. */
const LISTED = 10;

function listed(names: readonly string[]): string {
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
  return `the backends are ${names.slice(0, LISTED).join(', ')}${more}`;
}

function otherKind(config: Config, name: string): string | undefined {
  const section = config.sections.find((other) => other.name === name && name !== '');
  if (section?.kind === 'frontend') {
    return `frontend ${decode(name)} exists (${placeOf(section)}) but has no balance`;
  }
  if (section?.kind === 'defaults') {
    return `defaults ${decode(name)} exists (${placeOf(section)}), but it is shared: name a backend`;
  }
  return undefined;
}

function variableName(backends: readonly Proxy[]): string | undefined {
  const section = backends.find((proxy) => proxy.section.env)?.section;
  return section && `the name at ${placeOf(section)} is a variable, which hitless does not expand`;
}

function conditional(section: Section, line: number, condition: number): HitlessError {
  return refused(
    'target-ambiguous',
    `this line counts only if the condition in line ${condition} holds`,
    {
      subject: `${section.file}:${line}`,
      hint: 'only HAProxy can decide conditions: change the file by hand, then reload',
    },
  );
}

/** Lines after a later section's `.endif` belong to this one when that block is not taken. */
function refuseStraddling(config: Config, section: Section): void {
  for (let at = config.sections.indexOf(section) + 1; at < config.sections.length; at += 1) {
    const next = config.sections[at];
    if (next === undefined || next.file !== section.file || next.condition === 0) return;
    if (next.straddles) throw conditional(next, next.header.number, next.condition);
  }
}
