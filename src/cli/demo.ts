import { Command } from 'commander';
import { EXIT, failed, HitlessError, usage, type ExitCode } from '../error.js';
import { labSupport } from '../lab/support.js';
import type { Connections } from '../probe/options.js';
import { judge } from '../trial/judgement.js';
import type { TrialSpec } from '../trial/spec.js';
import type { WayName } from '../trial/ways/registry.js';
import type { Io } from './command.js';
import { demoDocument, demoText } from './demo-text.js';
import { runTrials } from './run-trials.js';
import { parseDurationMs, parseRatePerSecond } from './values.js';

interface Flags {
  readonly rate: number;
  readonly for: number;
  readonly every: number;
  readonly ipv6?: boolean;
  readonly json?: boolean;
}

const DEFAULT_RATE = 1000;
const DEFAULT_FOR_MS = 5000;
const DEFAULT_EVERY_MS = 500;
/** Shorter, and no reload would fit between the edges. */
const MIN_FOR_MS = 2000;

export function build(io: Io): Command {
  return new Command('demo')
    .description(
      'The original question in a private lab: HAProxy in front of two Apaches, 1000 requests a\n' +
        'second, the balancing algorithm changed again and again. The old way beside hitless.',
    )
    .option('--rate <n>', 'requests a second', parseRatePerSecond, DEFAULT_RATE)
    .option('--for <duration>', 'length of each run', parseDurationMs, DEFAULT_FOR_MS)
    .option('--every <duration>', 'from one reload to the next', parseDurationMs, DEFAULT_EVERY_MS)
    .option('--ipv6', 'clients come over IPv6')
    .option('--json', 'print one JSON document')
    .addHelpText('after', HELP)
    .action(async (flags: Flags) => {
      await demo(flags, io);
    });
}

const HELP = `
Exit codes: 0 hitless lost nothing, the control did · 99 hitless lost something
  3 inconclusive (the prober lagged, or the control lost nothing)

Examples:
  hitless demo
  hitless demo --for 30s --rate 2000
  hitless demo --json > demo.json`;

async function demo(flags: Flags, io: Io): Promise<void> {
  if (flags.for < MIN_FOR_MS) throw usage('--for is too short', 'give each run at least 2s');
  const support = await labSupport();
  if (!support.ok) {
    throw failed('tool-missing', `no lab can run here: ${support.missing.join(', ')}`, {
      hint: support.hint,
    });
  }
  const trials = await runTrials(demoSpecs(flags), io);
  const judgement = judge(trials);
  if (flags.json === true) io.stdout.write(`${JSON.stringify(demoDocument(trials, judgement))}\n`);
  else io.stdout.write(demoText(trials, judgement, io.colour.stdout));
  const broken = trials.flatMap(({ reloads }) => reloads).find(({ ok }) => !ok);
  if (broken !== undefined) {
    throw new HitlessError('step-failed', EXIT.failed, `a reload failed: ${broken.said.trim()}`);
  }
  io.exit(EXIT_CODES[judgement.verdict]);
}

const EXIT_CODES: Readonly<Record<ReturnType<typeof judge>['verdict'], ExitCode>> = {
  lossless: EXIT.done,
  lossy: EXIT.lossy,
  inconclusive: EXIT.inconclusive,
};

/** The control first, then every method on the same load; each also with the old process stalled. */
function demoSpecs(flags: Flags): readonly TrialSpec[] {
  const load = {
    ratePerSecond: flags.rate,
    forMs: flags.for,
    everyMs: flags.every,
    ipv6: flags.ipv6 === true,
  };
  const pair = (way: WayName, connections: Connections): readonly TrialSpec[] => [
    { way, connections, stalled: false, ...load },
    { way, connections, stalled: true, ...load },
  ];
  return [
    ...pair('haproxy -sf', 'new'),
    ...pair('quiesce', 'new'),
    ...pair('fd-pass', 'new'),
    ...pair('migrate', 'new'),
    ...pair('haproxy -sf', 'keep-alive'),
    ...pair('quiesce', 'keep-alive'),
    ...pair('migrate', 'keep-alive'),
  ];
}
