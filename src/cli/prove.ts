import { Command } from 'commander';
import { createInterface } from 'node:readline';
import { EXIT, type ExitCode, usage } from '../error.js';
import type { ProbeControl, ProbeEvent, ProbeHooks } from '../probe/events.js';
import {
  CONNECTIONS,
  type Connections,
  DEFAULT_COMMAND_TIMEOUT_MS,
  DEFAULT_MAX_LAG_MS,
  DEFAULT_RELOADS,
  PROBE_DEFAULTS,
  type ProbeOptions,
  type ReloadPlan,
} from '../probe/options.js';
import { runProbe } from '../probe/prober.js';
import type { Report } from '../probe/report.js';
import { parseTarget } from '../probe/target.js';
import type { Io } from './command.js';
import { progressLine, reportText } from './prove-text.js';
import { parseCount, parseDurationMs, parseRatePerSecond } from './values.js';

interface Flags {
  readonly url: string;
  readonly rate: number;
  readonly for: number;
  readonly connections: Connections;
  readonly pool: number;
  readonly reloads?: number;
  readonly every?: number;
  readonly timeout: number;
  readonly commandTimeout: number;
  readonly maxLag: number;
  readonly control: boolean;
  readonly bodyCheck: 'digest' | 'framing';
  readonly reference: readonly string[];
  readonly netnsOf: readonly number[];
  readonly workers?: number;
  readonly marksStdin: boolean;
  readonly json: boolean;
  readonly ndjson: boolean;
}

export function build(io: Io): Command {
  const command = new Command('prove')
    .summary('count every loss under load while a reload command runs again and again')
    .description(
      'Puts load on URL while COMMAND (any reload command, hitless or not) runs again and again,\n' +
        'and accounts for every single request. Nothing is retried.',
    )
    .argument('[command...]', 'the reload command, after --');
  addLoadFlags(command);
  addOtherFlags(command);
  command.addHelpText('after', HELP);
  return command.action(async (argv: readonly string[], flags: Flags) => {
    await prove(io, argv, flags);
  });
}

const HELP = `
Exit codes: 0 nothing lost · 99 something lost · 2 usage
  1 the command or the service failed
  3 inconclusive (the prober lagged, ran out of ports, or sent too little)

Examples:
  hitless prove --url http://127.0.0.1/ --reloads 10 -- systemctl reload haproxy
  hitless prove --url http://127.0.0.1/ --connections keep-alive --rate 2000`;

function addLoadFlags(command: Command): void {
  const defaults = PROBE_DEFAULTS;
  command
    .requiredOption('--url <url>', 'http://, https://, unix:/path.sock:/path, tcp://host:port')
    .option('--rate <n>', 'requests a second', parseRatePerSecond, defaults.ratePerSecond)
    .option('--for <duration>', 'length of the run', parseDuration, defaults.forMs)
    .option('--connections <kind>', CONNECTIONS.join(', '), parseConnections, defaults.connections)
    .option('--pool <n>', 'kept connections or tunnels', counter('--pool'), defaults.poolSize)
    .option('--timeout <duration>', 'for each request', parseDuration, defaults.timeoutMs)
    .option('--workers <n>', 'threads that send (default: from the rate)', counter('--workers'))
    .option('--body-check <how>', 'digest or framing', parseBodyCheck, defaults.bodyCheck)
    .option('--reference <url>', 'its answers are right too (an origin; repeatable)', collect, []);
}

function addOtherFlags(command: Command): void {
  command
    .option(
      '--reloads <n>',
      `runs of COMMAND, spread (default: ${DEFAULT_RELOADS})`,
      counter('--reloads'),
    )
    .option('--every <duration>', 'run COMMAND at this interval instead', parseDuration)
    .option(
      '--command-timeout <duration>',
      'kill a COMMAND that takes longer',
      parseDuration,
      DEFAULT_COMMAND_TIMEOUT_MS,
    )
    .option(
      '--max-lag <duration>',
      'own lag that makes it inconclusive',
      parseDuration,
      DEFAULT_MAX_LAG_MS,
    )
    .option('--control', 'run the same load first with nothing else going on', false)
    .option('--netns-of <pid>', 'kernel counters of its network too (repeatable)', collectPid, [])
    .option('--marks-stdin', 'reloads are marked by lines of JSON on stdin', false)
    .option('--json', 'one JSON document', false)
    .option('--ndjson', 'one JSON event a line', false);
}

async function prove(io: Io, argv: readonly string[], flags: Flags): Promise<void> {
  const options = optionsOf(argv, flags);
  const hooks: ProbeHooks = {
    signal: io.signal,
    onEvent: (event) => show(io, flags, event),
    ...(flags.marksStdin ? { onStart: obeyStdin } : {}),
  };
  const report = await runProbe(options, hooks);
  if (io.interactive && !flags.ndjson) io.stderr.write('\r\u001b[K');
  if (flags.json) io.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else if (!flags.ndjson) io.stdout.write(reportText(report));
  if (flags.marksStdin) process.stdin.destroy();
  io.exit(exitCodeOf(report));
}

function optionsOf(argv: readonly string[], flags: Flags): ProbeOptions {
  if (flags.json && flags.ndjson) throw usage('--json and --ndjson exclude each other');
  parseTarget(flags.url);
  const reloads = reloadPlan(argv, flags);
  return {
    url: flags.url,
    connections: flags.connections,
    ratePerSecond: flags.rate,
    forMs: flags.for,
    timeoutMs: flags.timeout,
    maxLagMs: flags.maxLag,
    poolSize: flags.pool,
    control: flags.control,
    bodyCheck: flags.bodyCheck,
    references: flags.reference,
    netnsOf: flags.netnsOf,
    ...(flags.workers === undefined ? {} : { workers: flags.workers }),
    ...(reloads === undefined ? {} : { reloads }),
  };
}

function reloadPlan(argv: readonly string[], flags: Flags): ReloadPlan | undefined {
  const { reloads, every, marksStdin } = flags;
  if (reloads !== undefined && every !== undefined) {
    throw usage('--reloads and --every exclude each other');
  }
  if (argv.length === 0) {
    if (reloads === undefined && every === undefined) return undefined;
    throw usage('there is no command to run', 'write it after --: hitless prove ... -- COMMAND');
  }
  if (marksStdin) throw usage('--marks-stdin marks reloads from outside: it takes no command');
  const when =
    every === undefined
      ? ({ kind: 'count', count: reloads ?? DEFAULT_RELOADS } as const)
      : ({ kind: 'every', everyMs: every } as const);
  return { argv, when, timeoutMs: flags.commandTimeout };
}

function show(io: Io, flags: Flags, event: ProbeEvent): void {
  if (flags.ndjson) io.stdout.write(`${JSON.stringify(event)}\n`);
  else if (io.interactive && event.event === 'progress') {
    io.stderr.write(`\r${progressLine(event, io.columns)}\u001b[K`);
  }
}

function exitCodeOf(report: Report): ExitCode {
  if (report.interrupted) return EXIT.interrupted;
  if (report.reloads.planned !== null && report.reloads.failed > 0) return EXIT.failed;
  switch (report.verdict) {
    case 'lossless':
      return EXIT.done;
    case 'lossy':
      return EXIT.lossy;
    case 'inconclusive':
      return EXIT.inconclusive;
  }
}

/** `{"mark":"reload-start","id":1}`, `{"mark":"reload-end","id":1,"ok":true,"label":"..."}`, `{"mark":"end","atMs":5000}`, `{"mark":"stop"}` */
function obeyStdin(control: ProbeControl): void {
  createInterface({ input: process.stdin }).on('line', (line) => {
    const mark = parseMark(line);
    if (mark?.['mark'] === 'stop') control.stop();
    const atMs = mark?.['atMs'];
    if (mark?.['mark'] === 'end' && typeof atMs === 'number') control.endAt(atMs);
    const id = mark?.['id'];
    if (typeof id !== 'number') return;
    if (mark?.['mark'] === 'reload-start') control.reloadStarted(id);
    if (mark?.['mark'] !== 'reload-end') return;
    const label = mark['label'];
    control.reloadEnded(id, mark['ok'] !== false, typeof label === 'string' ? label : '');
  });
}

function parseMark(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function parseDuration(text: string): number {
  const ms = parseDurationMs(text);
  if (!(ms > 0)) throw usage(`"${text}" is not a duration above zero`);
  return ms;
}

function parseConnections(text: string): Connections {
  const found = CONNECTIONS.find((name) => name === text);
  if (found !== undefined) return found;
  throw usage(`--connections "${text}" is not known`, `one of ${CONNECTIONS.join(', ')}`);
}

function parseBodyCheck(text: string): 'digest' | 'framing' {
  if (text === 'digest' || text === 'framing') return text;
  throw usage(`--body-check "${text}" is not known`, 'digest or framing');
}

function counter(name: string): (text: string) => number {
  return (text) => parseCount(text, name);
}

function collect(text: string, before: readonly string[]): readonly string[] {
  parseTarget(text);
  return [...before, text];
}

function collectPid(text: string, before: readonly number[]): readonly number[] {
  return [...before, parseCount(text, '--netns-of')];
}
