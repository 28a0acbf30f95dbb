import { Command, Option } from 'commander';
import { access, constants, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pageAsset } from '../entry-points.js';
import { EXIT, type ExitCode, failed, usage } from '../error.js';
import { labSupport } from '../lab/support.js';
import type { Verdict } from '../probe/verdict.js';
import { comparisonMarkdown } from '../report/markdown.js';
import { COMPARISON_SCHEMA_VERSION, type Comparison } from '../report/model.js';
import { comparisonPage } from '../report/page.js';
import { rowOf } from '../report/rows.js';
import { isControl, refusal } from '../trial/judgement.js';
import { describeMachine } from '../trial/machine.js';
import type { TrialOutcome } from '../trial/outcome.js';
import { judgeOutcomes } from '../trial/outcomes.js';
import type { TrialSpec } from '../trial/spec.js';
import type { Io } from './command.js';
import {
  allWays,
  type CompareFlags,
  compareSpecs,
  DEFAULT_CONNECTIONS,
  parseKinds,
  parseWays,
} from './compare-options.js';
import { compareText } from './compare-text.js';
import { tryTrials } from './run-trials.js';
import { parseDurationMs, parseRatePerSecond } from './values.js';
import { VERSION } from './version.js';

const DEFAULT_RATE = 1000;
const DEFAULT_FOR_MS = 5000;
const DEFAULT_EVERY_MS = 500;

export function build(io: Io): Command {
  return new Command('compare')
    .description(
      'Every way to reload under the same load in private labs, one after another: what\n' +
        'each loses, how long clients wait, how long it takes. Ways known to lose stand\n' +
        'beside them.',
    )
    .option('--methods <a,b,...>', `some only, of: ${allWays().join(' | ')}`, (text: string) =>
      parseWays(text, allWays()),
    )
    .option('--rate <n>', 'requests a second', parseRatePerSecond, DEFAULT_RATE)
    .addOption(duration('--for <duration>', 'length of each run', DEFAULT_FOR_MS))
    .addOption(duration('--every <duration>', 'from one reload to the next', DEFAULT_EVERY_MS))
    .addOption(
      new Option('--connections <kinds>', 'new, keep-alive, long, tls: commas between them')
        .argParser(parseKinds)
        .default(DEFAULT_CONNECTIONS, DEFAULT_CONNECTIONS.join(',')),
    )
    .option('--ipv6', 'clients come over IPv6')
    .option('--stalled', 'only with the old process stalled for 0.3 s around each start')
    .option('--no-stalled', 'only without that (default: with and without)')
    .option('--json', 'print one JSON document')
    .option('--markdown <file>', 'write the tables there as well')
    .option('--html <file>', 'write a page with charts there, which needs nothing else')
    .addHelpText('after', HELP)
    .action(async (flags: CompareFlags) => {
      await compare(flags, io);
    });
}

function duration(flags: string, description: string, defaultMs: number): Option {
  const shown = defaultMs < 1000 ? `${defaultMs}ms` : `${defaultMs / 1000}s`;
  return new Option(flags, description).argParser(parseDurationMs).default(defaultMs, shown);
}

const HELP = `
Exit codes: 0 hitless lost nothing, a control did · 99 hitless lost something
  3 inconclusive (the prober lagged, no control lost, a run failed)

Examples:
  hitless compare
  hitless compare --methods quiesce,migrate --connections tls,long --for 10s
  hitless compare --html reloads.html --markdown reloads.md`;

async function compare(flags: CompareFlags, io: Io): Promise<void> {
  const specs = compareSpecs(flags);
  for (const file of [flags.markdown, flags.html]) await checkWritable(file);
  const support = await labSupport();
  if (!support.ok) {
    throw failed('tool-missing', `no lab can run here: ${support.missing.join(', ')}`, {
      hint: support.hint,
    });
  }
  const startedAt = new Date().toISOString();
  const machine = await describeMachine();
  io.stderr.write(`${specs.length} runs, about ${minutes(specs)} min\n`);
  const outcomes = await tryTrials(specs, io);
  const facts = { ...machine, hitless: VERSION, command: commandLine(flags), startedAt };
  const comparison = comparisonOf(outcomes, flags, facts);
  await writeFiles(comparison, flags);
  if (flags.json === true) io.stdout.write(`${JSON.stringify(comparison)}\n`);
  else io.stdout.write(compareText(comparison, io.colour.stdout));
  io.exit(EXIT_CODES[comparison.verdict]);
}

const EXIT_CODES: Readonly<Record<Verdict, ExitCode>> = {
  lossless: EXIT.done,
  lossy: EXIT.lossy,
  inconclusive: EXIT.inconclusive,
};

/** Before minutes of measuring, not after them. */
async function checkWritable(file: string | undefined): Promise<void> {
  if (file === undefined) return;
  try {
    await access(dirname(file), constants.W_OK);
  } catch {
    throw usage(`${file} cannot be written`, 'name a file in a folder that exists and is yours');
  }
}

/** Starting and ending a lab, and the prober's own start. */
const AROUND_A_RUN_MS = 3000;

function minutes(specs: readonly TrialSpec[]): string {
  const ms = specs.reduce((total, { forMs }) => total + forMs + AROUND_A_RUN_MS, 0);
  return (ms / 60_000).toFixed(ms < 600_000 ? 1 : 0);
}

function comparisonOf(
  outcomes: readonly TrialOutcome[],
  flags: CompareFlags,
  facts: Comparison['facts'],
): Comparison {
  return {
    schemaVersion: COMPARISON_SCHEMA_VERSION,
    ...judgeOutcomes(outcomes),
    facts,
    load: {
      ratePerSecond: flags.rate,
      forMs: flags.for,
      everyMs: flags.every,
      ipv6: flags.ipv6 === true,
    },
    rows: outcomes.map((outcome) =>
      rowOf(outcome, { control: isControl(outcome.spec), refused: refusal(outcome.spec) }),
    ),
  };
}

/** As it would be typed again. */
function commandLine(flags: CompareFlags): string {
  const { stalled } = flags;
  const words = [
    ...['hitless', 'compare'],
    ...(flags.methods === undefined ? [] : ['--methods', quoted(flags.methods.join(','))]),
    ...['--rate', String(flags.rate), '--for', `${flags.for / 1000}s`],
    ...['--every', `${flags.every}ms`, '--connections', flags.connections.join(',')],
    ...(flags.ipv6 === true ? ['--ipv6'] : []),
    ...(stalled === undefined ? [] : [stalled ? '--stalled' : '--no-stalled']),
  ];
  return words.join(' ');
}

function quoted(word: string): string {
  return word.includes(' ') ? `'${word}'` : word;
}

async function writeFiles(comparison: Comparison, flags: CompareFlags): Promise<void> {
  if (flags.markdown !== undefined) {
    await writeFile(flags.markdown, comparisonMarkdown(comparison));
  }
  if (flags.html === undefined) return;
  const [script, style] = await Promise.all([
    readFile(pageAsset('page.js'), 'utf8'),
    readFile(pageAsset('page.css'), 'utf8'),
  ]);
  await writeFile(flags.html, comparisonPage(comparison, { script, style }));
}
