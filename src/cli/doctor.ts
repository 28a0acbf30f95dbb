import { Command } from 'commander';
import { EXIT, usage } from '../error.js';
import { isProblem, type Diagnosis } from '../doctor/diagnose.js';
import { nodeHost } from '../host/node/index.js';
import { examine, fixEdit } from '../reload/doctor.js';
import { examineHandoff } from '../reload/handoff-examine.js';
import type { Io } from './command.js';
import { doctorRequestOf, type DoctorFlags } from './doctor-options.js';
import {
  diagnosesDocument,
  diagnosesText,
  findingsDocument,
  findingsText,
  fixesText,
} from './doctor-text.js';
import { collect, parsePeers, scopeOf } from './handoff-options.js';
import { addReloadOptions, requestOf } from './reload-options.js';
import { runReload } from './run-reload.js';

export function build(io: Io): Command {
  return addReloadOptions(new Command('doctor'))
    .description(
      'Find what on this host, in this HAProxy and in its configuration makes reloads lose connections, state or memory. Touches nothing without --fix.',
    )
    .option('--fix', 'mend what can be mended safely in the configuration, then reload')
    .option('--only <check>', 'this check alone, repeatable (docs/doctor.md lists them)', collect)
    .option(
      '--service <name>',
      'haproxy, nginx or apache (default: haproxy); with --handoff a shared address and port, repeatable',
      collect,
    )
    .option('--handoff', 'check what handing flows to another node needs')
    .option('--interface <name>', 'with --handoff: where clients and the other node are')
    .option('--role <role>', 'with --handoff: node (hands over) or peer (serves meanwhile)', 'node')
    .option('--peer <address>', 'with --handoff on the node: the other one, repeatable', collect)
    .addHelpText('after', EXAMPLES)
    .action(async (flags: DoctorFlags) => {
      if (flags.handoff === true) await checkHandoff(flags, io);
      else await checkReloads(flags, io);
    });
}

async function checkReloads(flags: DoctorFlags, io: Io): Promise<void> {
  const request = doctorRequestOf(flags, io);
  const found = await examine(nodeHost(), request);
  if (flags.fix === true && found.some(({ fix }) => fix !== null)) {
    await mend(found, flags, io);
    return;
  }
  io.stdout.write(
    flags.json === true || flags.ndjson === true
      ? `${JSON.stringify(diagnosesDocument(found))}\n`
      : diagnosesText(found, io.columns, io.colour.stdout),
  );
  io.exit(found.some(isProblem) ? EXIT.failed : EXIT.done);
}

async function mend(found: readonly Diagnosis[], flags: DoctorFlags, io: Io): Promise<void> {
  const isDry = flags.dryRun === true;
  const out = isDry ? io.stdout : io.stderr;
  const colour = isDry ? io.colour.stdout : io.colour.stderr;
  const edit = fixEdit(found, (lines) => {
    if (flags.json !== true && flags.ndjson !== true) out.write(fixesText(lines, colour));
  });
  await runReload({ ...requestOf(flags), edit }, flags, io);
}

async function checkHandoff(flags: DoctorFlags, io: Io): Promise<void> {
  const findings = await examineHandoff(nodeHost(), {
    ...scopeOf(flags),
    role: roleOf(flags),
    peers: parsePeers(flags.peer ?? []),
  });
  io.stdout.write(
    flags.json === true
      ? `${JSON.stringify(findingsDocument(findings))}\n`
      : findingsText(findings, io.columns, io.colour.stdout),
  );
  io.exit(findings.length === 0 ? EXIT.done : EXIT.failed);
}

function roleOf({ role }: DoctorFlags): 'node' | 'peer' {
  if (role === 'node' || role === 'peer') return role;
  throw usage(`--role "${role}" is neither node nor peer`, 'say --role node or --role peer');
}

const EXAMPLES = `
Examples:
  hitless doctor
  hitless doctor -f /etc/haproxy/haproxy.cfg
  hitless doctor --fix --dry-run
  hitless doctor --fix --only idle-close --only max-reloads
  hitless doctor --service nginx
  hitless doctor --handoff --service 10.0.0.1:80 --interface eth0 \\
    --peer 10.0.0.22
  hitless doctor --handoff --role peer --service 10.0.0.1:80 --interface eth0

Exit codes: 0 good (what is only worth knowing included), 1 problems;
with --fix those of "hitless reload"
`;
