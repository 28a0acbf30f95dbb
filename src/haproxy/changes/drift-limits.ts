import { decode } from '../config/document.js';
import { find, type Config, type Found } from '../config/resolve.js';
import { wordsOf } from '../config/sections.js';
import type { RuntimeReading } from '../runtime/reading.js';
import type { Drift } from './drift.js';
import { loneNumber } from './lone-number.js';

/** `maxconn` of frontends, and the limits of the process. */
export function limitDrift(
  config: Config,
  reading: RuntimeReading,
  perProxy: number | undefined,
): readonly Drift[] {
  return [...frontendDrift(config, reading, perProxy), ...processDrift(config, reading)];
}

/** A frontend without a maxconn gets that of the process (proxy_adjust_all_maxconn, 2.0 to 3.2). */
function frontendDrift(
  config: Config,
  { limits, info }: RuntimeReading,
  perProxy: number | undefined,
): readonly Drift[] {
  const running = new Map(
    limits.filter(({ server }) => server === 'FRONTEND').map((one) => [one.proxy, one.maxconn]),
  );
  const otherwise = perProxy ?? Number(info.get(INITIAL_MAXCONN) ?? Number.NaN);
  return config.proxies.flatMap((proxy) => {
    const now = running.get(proxy.name);
    if (proxy.kind === 'backend' || now === undefined) return [];
    const found = find(proxy, ({ keyword }) => keyword === 'maxconn');
    const written = found === undefined ? otherwise : numberIn(found);
    if (written === undefined || Number.isNaN(written) || written === now) return [];
    const { file, line } = found ?? proxy;
    return [
      {
        kind: 'frontend-maxconn' as const,
        subject: `frontend ${decode(proxy.name)}`,
        detail: 'maxconn',
        running: String(now),
        files: String(written),
        place: { file, line },
      },
    ];
  });
}

function numberIn(found: Found): number | undefined {
  if (found.conditional) return undefined;
  return loneNumber(wordsOf(found.statement));
}

/** Of `show info`: what the process was started with, whatever has decided it. */
const INITIAL_MAXCONN = 'Hard_maxconn';

/** Fields of `show info`, by the keyword of `global`. */
const RATES = [
  { keyword: 'maxconnrate', field: 'ConnRateLimit', unit: 1 },
  { keyword: 'maxsessrate', field: 'SessRateLimit', unit: 1 },
  { keyword: 'maxsslrate', field: 'SslRateLimit', unit: 1 },
  // Kilobytes in the file, bytes here (management.txt, "set rate-limit http-compression global").
  { keyword: 'maxcomprate', field: 'CompressBpsRateLim', unit: 1024 },
] as const;

function processDrift(config: Config, { info }: RuntimeReading): readonly Drift[] {
  const drift = (keyword: string, running: string, files: string): Drift => ({
    kind: 'global',
    subject: 'global',
    detail: keyword,
    running,
    files,
    place: placeOf(config, keyword),
  });
  const found: Drift[] = [];
  const [now, first] = [info.get('Maxconn'), info.get(INITIAL_MAXCONN)];
  if (now !== undefined && first !== undefined && now !== first) {
    found.push(drift('maxconn', now, first));
  }
  for (const { keyword, field, unit } of RATES) {
    const shown = info.get(field);
    const written = globalNumber(config, keyword) ?? NO_LIMIT;
    if (shown === undefined || written === 'unknown') continue;
    const running = String(Math.trunc(Number(shown) / unit));
    if (running !== written) found.push(drift(keyword, running, written));
  }
  return found;
}

const NO_LIMIT = '0';

/** What a `global` section says: a number, `unknown`, or undefined without such a line. */
export function globalNumber(config: Config, keyword: string): string | undefined {
  const last = statementsOf(config, keyword).at(-1);
  if (last === undefined) return undefined;
  const conditional = last.statement.condition !== 0 || last.section.condition !== 0;
  const [, value] = wordsOf(last.statement);
  const known = !conditional && value !== undefined && /^\d+$/.test(value.value);
  return known ? String(Number(value.value)) : 'unknown';
}

function statementsOf(config: Config, keyword: string) {
  const globals = config.sections.filter(({ kind }) => kind === 'global');
  return globals.flatMap((section) =>
    section.statements
      .filter((statement) => statement.keyword === keyword)
      .map((statement) => ({ section, statement })),
  );
}

function placeOf(config: Config, keyword: string): Drift['place'] {
  const last = statementsOf(config, keyword).at(-1);
  return last === undefined ? null : { file: last.section.file, line: last.statement.line.number };
}
