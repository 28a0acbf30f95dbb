import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { EXIT, usage } from '../error.js';
import { nodeHost } from '../host/node/index.js';
import type { HandoffRequest, HandoffWork } from '../methods/handoff-facts.js';
import { handoff } from '../reload/handoff.js';
import { prepareNode, unprepareNode } from '../reload/handoff-prepare.js';
import type { PlanResult } from '../reload/run-plan.js';
import type { Io } from './command.js';
import {
  addScopeOptions,
  collect,
  parsePeers,
  scopeOf,
  type ScopeFlags,
} from './handoff-options.js';
import { handoffText, preparedText } from './handoff-text.js';
import { planText, resultDocument } from './reload-text.js';
import { planOptionsOf } from './run-planned.js';
import { parseDurationMs } from './values.js';

interface RunFlags {
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly ndjson?: boolean;
  readonly stateDir?: string;
  readonly timeout?: string;
}

interface Flags extends RunFlags, ScopeFlags {
  readonly peer?: readonly string[];
  readonly keepsConnections?: boolean;
  readonly drainTimeout?: string;
  readonly commandTimeout?: string;
  readonly healthPath?: string;
  readonly failover?: boolean;
  readonly trackFile?: string;
  readonly trackValue?: string;
  readonly wait?: boolean;
}

const DEFAULT_DRAIN_TIMEOUT_MS = 60_000;
const DEFAULT_COMMAND_TIMEOUT_MS = 120_000;
/** keepalived.conf(5): the instance goes into its fault state, whatever its priority is. */
const DEFAULT_TRACK_VALUE = '-254';

export function build(io: Io): Command {
  const command = addScopeOptions(new Command('handoff'))
    .description(
      'Another node that has the same address serves new connections while this one drains;\n' +
        'then COMMAND restarts the service here, and it takes new connections back.',
    )
    .argument('[command...]', 'what restarts or reloads the service, after --')
    .option('--peer <address>', 'the other node, repeatable: one IPv4, one IPv6 address', collect)
    .option('--keeps-connections', 'COMMAND leaves established connections alone')
    .option('--drain-timeout <duration>', 'how long they may take to end (default: 60s)')
    .option('--command-timeout <duration>', 'limit for COMMAND (default: 120s)')
    .option('--health-path <path>', 'asked for by HTTP afterwards: a status below 500 is good')
    .option('--failover', 'have keepalived move the address instead of running COMMAND')
    .option('--track-file <path>', 'with --failover: the file that keepalived tracks')
    .option(
      '--track-value <number>',
      `with --failover: written to it (default: ${DEFAULT_TRACK_VALUE})`,
    )
    .option('--wait', 'wait until the last flow at the peer has ended')
    .addHelpText('after', EXAMPLES)
    .action(async (argv: readonly string[], flags: Flags) => {
      const result = await handoff(nodeHost(), requestOf(argv, flags), planOptionsOf(flags, io));
      show(result, flags, io, handoffText);
    });
  addRunOptions(command);
  return command.addCommand(prepareCommand(io)).addCommand(unprepareCommand(io));
}

function addRunOptions(command: Command): Command {
  return command
    .option('--timeout <duration>', 'limit for each step (default: 30s)')
    .option('--dry-run', 'check and plan, touch nothing')
    .option('--state-dir <path>', 'where runs are journaled')
    .option('--json', 'print one JSON document')
    .option('--ndjson', 'print one JSON event a line, then the document');
}

function prepareCommand(io: Io): Command {
  return addRunOptions(addScopeOptions(new Command('prepare')))
    .description(
      'Make this node able to serve the shared addresses when the other one passes flows on.',
    )
    .addHelpText('after', PREPARE_EXAMPLES)
    .action(async (_: Flags, command: Command) => {
      const flags = command.optsWithGlobals<Flags>();
      const result = await prepareNode(nodeHost(), scopeOf(flags), planOptionsOf(flags, io));
      show(result, flags, io, preparedText('prepared'));
    });
}

function unprepareCommand(io: Io): Command {
  return addRunOptions(new Command('unprepare'))
    .description('Take back what "handoff prepare" has changed, and nothing else.')
    .action(async (_: Flags, command: Command) => {
      const flags = command.optsWithGlobals<Flags>();
      const result = await unprepareNode(nodeHost(), planOptionsOf(flags, io));
      show(result, flags, io, preparedText('taken back'));
    });
}

function requestOf(argv: readonly string[], flags: Flags): HandoffRequest {
  const scope = scopeOf(flags);
  const peers = parsePeers(flags.peer ?? []);
  if (peers.length === 0) throw usage('no peer is named', 'name the other node: --peer 10.0.0.22');
  const { drainTimeout } = flags;
  return {
    ...scope,
    peers,
    work: flags.failover === true ? failoverOf(argv, flags) : commandOf(argv, flags),
    drainTimeoutMs:
      drainTimeout === undefined ? DEFAULT_DRAIN_TIMEOUT_MS : parseDurationMs(drainTimeout),
  };
}

function commandOf(argv: readonly string[], flags: Flags): HandoffWork {
  if (argv.length === 0) {
    throw usage(
      'there is no command to run',
      'write it after --: hitless handoff ... -- systemctl restart haproxy; or say --failover',
    );
  }
  const { healthPath = null, commandTimeout } = flags;
  if (healthPath !== null && !/^\/[\x21-\x7e]*$/.test(healthPath)) {
    throw usage(`--health-path "${healthPath}" is not a path`, 'write it as in a URL: /health');
  }
  return {
    kind: 'command',
    argv,
    keepsConnections: flags.keepsConnections === true,
    timeoutMs:
      commandTimeout === undefined ? DEFAULT_COMMAND_TIMEOUT_MS : parseDurationMs(commandTimeout),
    healthPath,
  };
}

function failoverOf(argv: readonly string[], flags: Flags): HandoffWork {
  if (argv.length > 0) throw usage('--failover takes no command', 'say one of the two');
  const { trackFile, trackValue = DEFAULT_TRACK_VALUE } = flags;
  if (trackFile === undefined) {
    throw usage('--failover needs --track-file', 'name the file of track_file in keepalived.conf');
  }
  if (!/^-?\d{1,3}$/.test(trackValue)) {
    throw usage(
      `--track-value "${trackValue}" is not a number`,
      'write -254, or what the priorities need',
    );
  }
  return { kind: 'failover', trackFile, value: trackValue, fileExists: existsSync(trackFile) };
}

function show(
  result: PlanResult,
  flags: RunFlags,
  io: Io,
  textOf: (result: PlanResult) => string,
): void {
  if (flags.json === true || flags.ndjson === true) {
    io.stdout.write(`${JSON.stringify(resultDocument(result))}\n`);
  } else {
    if (result.result === 'planned' && result.plan !== null) {
      io.stdout.write(planText(result.plan, io.columns, io.colour.stdout, true));
    }
    io.stdout.write(textOf(result));
  }
  io.exit(EXIT.done);
}

const EXAMPLES = `
Examples:
  hitless handoff prepare --service 10.0.0.1:80 --interface eth0   (both nodes)
  hitless handoff --service 10.0.0.1:80 --interface eth0 --peer 10.0.0.22 \\
    -- systemctl restart haproxy
  hitless handoff --service 10.0.0.1:80 --interface eth0 --peer 10.0.0.22 \\
    --keeps-connections --health-path /health -- hitless reload
  hitless handoff --service 10.0.0.1:80 --interface eth0 --peer 10.0.0.22 \\
    --failover --track-file /run/keepalived-leave
`;

const PREPARE_EXAMPLES = `
Examples:
  hitless handoff prepare --service 10.0.0.1:80 --service '[fd00::1]:80' --interface eth0
  hitless handoff prepare --service 10.0.0.1:80 --interface eth0 --dry-run
  hitless handoff unprepare
`;
