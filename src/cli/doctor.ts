import { Command } from 'commander';
import { EXIT, usage } from '../error.js';
import type { Finding } from '../doctor/finding.js';
import { nodeHost } from '../host/node/index.js';
import { examineHandoff } from '../reload/handoff-examine.js';
import type { Io } from './command.js';
import {
  addScopeOptions,
  collect,
  parsePeers,
  scopeOf,
  type ScopeFlags,
} from './handoff-options.js';
import { paint, wrap } from './style.js';

interface Flags extends ScopeFlags {
  readonly handoff?: boolean;
  readonly role?: string;
  readonly peer?: readonly string[];
  readonly json?: boolean;
}

export function build(io: Io): Command {
  return addScopeOptions(new Command('doctor'))
    .description('Find what on this host stands in the way of lossless changes.')
    .option('--handoff', 'check what handing flows to another node needs')
    .option('--role <role>', 'with --handoff: node (hands over) or peer (serves meanwhile)', 'node')
    .option('--peer <address>', 'with --handoff on the node: the other one, repeatable', collect)
    .option('--json', 'print one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: Flags) => {
      if (flags.handoff !== true) {
        throw usage('there is nothing to check', 'say what for: --handoff');
      }
      const findings = await examineHandoff(nodeHost(), {
        ...scopeOf(flags),
        role: roleOf(flags),
        peers: parsePeers(flags.peer ?? []),
      });
      io.stdout.write(flags.json === true ? documentOf(findings) : textOf(findings, io));
      io.exit(findings.length === 0 ? EXIT.done : EXIT.failed);
    });
}

function roleOf({ role }: Flags): 'node' | 'peer' {
  if (role === 'node' || role === 'peer') return role;
  throw usage(`--role "${role}" is neither node nor peer`, 'say --role node or --role peer');
}

function documentOf(findings: readonly Finding[]): string {
  const result = findings.length === 0 ? 'good' : 'problems';
  return `${JSON.stringify({ schemaVersion: 1, result, findings })}\n`;
}

function textOf(findings: readonly Finding[], io: Io): string {
  if (findings.length === 0) return 'good: nothing was found\n';
  return findings
    .flatMap(({ severity, subject, what, because, remedy }) => [
      paint(
        severity === 'error' ? 'red' : 'yellow',
        wrap(`${subject}: ${what}`, io.columns, severity.padEnd(8)),
        io.colour.stdout,
      ),
      wrap(because, io.columns, 'because '),
      wrap(remedy, io.columns, 'remedy  '),
    ])
    .map((line) => `${line}\n`)
    .join('');
}

const EXAMPLES = `
Examples:
  hitless doctor --handoff --service 10.0.0.1:80 --interface eth0 \\
    --peer 10.0.0.22
  hitless doctor --handoff --role peer --service 10.0.0.1:80 --interface eth0

Exit codes: 0 good, 1 problems
`;
