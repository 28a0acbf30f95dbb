import { resolve } from 'node:path';
import { Command } from 'commander';
import { EXIT } from '../error.js';
import { nodeHost } from '../host/node/index.js';
import type { Host } from '../host/host.js';
import { planChanges, type ChangesPlanRequest } from '../reload/changes-plan.js';
import { DEFAULT_TIMEOUT_MS } from '../reload/request.js';
import { savePlan } from '../reload/saved-plan.js';
import type { Io } from './command.js';
import { readNamedFile } from './named-file.js';
import { planChangesText, planDocument, summaryOf } from './plan-text.js';
import { collectFiles, positive } from './reload-options.js';
import { stateDirOf } from './state-dir.js';
import { addTargetOptions, targetOf, type TargetFlags } from './target-options.js';

interface Flags extends TargetFlags {
  readonly file?: readonly string[];
  readonly binary?: string;
  readonly detailedExitcode?: boolean;
  readonly out?: string;
  readonly timeout?: string;
  readonly stateDir?: string;
  readonly json?: boolean;
}

/** terraform's convention: 2 is no error here. */
const CHANGES = EXIT.usage;

export function build(io: Io): Command {
  const command = new Command('plan')
    .description('Show what differs from what runs: at run time, or by a reload, and why.')
    .argument(
      '[newfile]',
      'a configuration that is to take the place of the file (default: the files)',
    )
    .option(
      '-f, --file <path>',
      'configuration file or folder, repeatable (default: as it runs)',
      collectFiles,
    );
  return addTargetOptions(command)
    .option('--binary <path>', 'check with this program instead of the running one')
    .option('--detailed-exitcode', 'end with 2 when there are changes, 0 when there are none')
    .option('--out <plan>', 'save the plan, for "hitless apply"')
    .option('--timeout <duration>', 'how long HAProxy may take to answer (default: 30s)')
    .option('--state-dir <path>', 'where hitless keeps what runs')
    .option('--json', 'print one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(async (newFile: string | undefined, flags: Flags) => {
      await run(nodeHost(), newFile, flags, io);
    });
}

async function run(host: Host, newFile: string | undefined, flags: Flags, io: Io): Promise<void> {
  const request = await requestOf(host, newFile, flags);
  const plan = await planChanges(host, request, stateDirOf(flags.stateDir, io));
  if (flags.out !== undefined) await savePlan(host, resolve(flags.out), plan, request);
  io.stdout.write(
    flags.json === true
      ? `${JSON.stringify(planDocument(plan))}\n`
      : planChangesText(plan, io.columns, io.colour.stdout),
  );
  const { runtime, reload } = summaryOf(plan);
  io.exit(flags.detailedExitcode === true && runtime + reload > 0 ? CHANGES : EXIT.done);
}

async function requestOf(
  host: Host,
  newFile: string | undefined,
  flags: Flags,
): Promise<ChangesPlanRequest> {
  return {
    target: targetOf(flags),
    timeoutMs: flags.timeout === undefined ? DEFAULT_TIMEOUT_MS : positive(flags.timeout),
    ...(flags.file === undefined ? {} : { configFiles: flags.file.map((path) => resolve(path)) }),
    ...(flags.binary === undefined ? {} : { binary: resolve(flags.binary) }),
    ...(newFile === undefined
      ? {}
      : { newFile: { path: newFile, content: await readNamedFile(host, newFile, NAME_ONE) } }),
  };
}

const NAME_ONE = 'name a configuration file, or none to compare with the files as they are';

const EXAMPLES = `
Examples:
  hitless plan                          what the files say, against what runs
  hitless plan new.cfg                  what a new file would change
  hitless plan new.cfg --out p.plan     save it; "hitless apply p.plan" does it
  hitless plan --detailed-exitcode      for scripts: 0 no change, 2 changes

Drift (set over the socket, not in the files) is listed, and is no change.
`;
