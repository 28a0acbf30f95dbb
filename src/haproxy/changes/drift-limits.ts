import { decode } from '../config/document.js';
import { find, type Config, type Found } from '../config/resolve.js';
import { wordsOf } from '../config/sections.js';
import type { Drift, RuntimeState } from './drift.js';
import { loneNumber } from './lone-number.js';

/** `maxconn` of frontends, and the limits of the process. */
export function limitDrift(config: Config, state: RuntimeState): readonly Drift[] {
  return [...frontendDrift(config, state), ...processDrift(config, state)];
}

function frontendDrift(config: Config, { limits }: RuntimeState): readonly Drift[] {
  const running = new Map(
    limits.filter(({ server }) => server === 'FRONTEND').map((one) => [one.proxy, one.maxconn]),
  );
  return config.proxies.flatMap((proxy) => {
    const now = running.get(proxy.name);
    if (proxy.kind === 'backend' || now === undefined) return [];
    const found = find(proxy, ({ keyword }) => keyword === 'maxconn');
    const written = numberIn(found);
    if (found === undefined || written === undefined || written === now) return [];
    return [
      {
        kind: 'frontend-maxconn' as const,
        subject: `frontend ${decode(proxy.name)}`,
        detail: 'maxconn',
        running: String(now),
        files: String(written),
        place: { file: found.file, line: found.line },
      },
    ];
  });
}

function numberIn(found: Found | undefined): number | undefined {
  if (found === undefined || found.conditional) return undefined;
  return loneNumber(wordsOf(found.statement));
}

/** Fields of `show info`, by the keyword of `global`. */
const RATES = {
  maxconnrate: 'ConnRateLimit',
  maxsessrate: 'SessRateLimit',
  maxsslrate: 'SslRateLimit',
} as const;

function processDrift(config: Config, { info }: RuntimeState): readonly Drift[] {
  const found: Drift[] = [];
  // What the process was started with is shown too, whatever decides it.
  const [now, first] = [info.get('Maxconn'), info.get('Hard_maxconn')];
  if (now !== undefined && first !== undefined && now !== first) {
    const place = placeOf(config, 'maxconn');
    found.push({
      kind: 'global',
      subject: 'global',
      detail: 'maxconn',
      running: now,
      files: first,
      place,
    });
  }
  for (const [keyword, field] of Object.entries(RATES)) {
    const running = info.get(field);
    const written = rateOf(config, keyword);
    if (running === undefined || written === undefined || running === written) continue;
    const place = placeOf(config, keyword);
    found.push({
      kind: 'global',
      subject: 'global',
      detail: keyword,
      running,
      files: written,
      place,
    });
  }
  return found;
}

function statementsOf(config: Config, keyword: string) {
  const globals = config.sections.filter(({ kind }) => kind === 'global');
  return globals.flatMap((section) =>
    section.statements
      .filter((statement) => statement.keyword === keyword)
      .map((statement) => ({ section, statement })),
  );
}

/** No line: no limit. Undefined where only HAProxy can tell. */
function rateOf(config: Config, keyword: string): string | undefined {
  const last = statementsOf(config, keyword).at(-1);
  if (last === undefined) return '0';
  const conditional = last.statement.condition !== 0 || last.section.condition !== 0;
  const [, value] = wordsOf(last.statement);
  const known = !conditional && value !== undefined && /^\d+$/.test(value.value);
  return known ? String(Number(value.value)) : undefined;
}

function placeOf(config: Config, keyword: string): Drift['place'] {
  const last = statementsOf(config, keyword).at(-1);
  return last === undefined ? null : { file: last.section.file, line: last.statement.line.number };
}
