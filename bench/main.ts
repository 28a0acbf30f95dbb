import { cpus, release } from 'node:os';
import { parseArgs } from 'node:util';
import { benchConfig } from './config.js';
import { benchFifty } from './fifty.js';
import { benchFlip } from './flip.js';
import { benchLatency } from './latency.js';
import { benchLossless } from './lossless.js';
import { benchProber } from './prober.js';
import { benchReload } from './reload.js';
import { toMarkdown, type Finding } from './result.js';
import { benchRuntime } from './runtime.js';
import { benchStartup } from './startup.js';
import { benchSynHold } from './syn-hold.js';

const PARTS = {
  startup: benchStartup,
  config: benchConfig,
  reload: benchReload,
  runtime: benchRuntime,
  prober: benchProber,
  lossless: benchLossless,
  flip: benchFlip,
  latency: benchLatency,
  'syn-hold': benchSynHold,
  fifty: benchFifty,
} as const satisfies Record<string, (rows: RegExp) => Promise<readonly Finding[]>>;

/** Only when they are named: they take an hour and more. */
const LONG = new Set(['fifty']);

/**
 * `npm run bench` runs all parts but the long ones (20 minutes), `npm run bench -- startup reload` some,
 * and `npm run bench -- fifty --rows 'rolling.*IPv6'` some rows of that one.
 */
const { values, positionals: wanted } = parseArgs({
  options: { rows: { type: 'string', default: '' } },
  allowPositionals: true,
});
const unknown = wanted.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) {
  process.stderr.write(
    `bench: no part ${unknown.join(', ')}; parts: ${Object.keys(PARTS).join(', ')}\n`,
  );
  process.exit(2);
}

const findings: Finding[] = [];
for (const [name, bench] of Object.entries(PARTS)) {
  if (wanted.length > 0 ? !wanted.includes(name) : LONG.has(name)) continue;
  process.stderr.write(`${name} ...\n`);
  findings.push(...(await bench(new RegExp(values.rows))));
}
process.stdout.write(
  `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), Linux ${release()}, Node ${process.version}\n\n`,
);
process.stdout.write(`${toMarkdown(findings)}\n`);
process.exitCode = findings.every(({ met }) => met) ? 0 : 1;
