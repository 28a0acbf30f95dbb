import { Command } from 'commander';
import { refused } from '../error.js';
import { nodeHost } from '../host/node/index.js';
import type { Host } from '../host/host.js';
import { applyChanges, type ApplyChangesRequest } from '../reload/apply-changes.js';
import { parseSavedPlan } from '../reload/saved-plan.js';
import type { Io } from './command.js';
import { readNamedFile } from './named-file.js';
import type { PlanOptions } from '../reload/run-plan.js';
import { addReloadOptions, requestOf, type ReloadFlags } from './reload-options.js';
import { planText } from './reload-text.js';
import { runPlanned } from './run-planned.js';

export function build(io: Io): Command {
  return addReloadOptions(new Command('apply'))
    .description(
      'Have HAProxy run what a new file, a saved plan, or its files say: at run time when all of ' +
        'it can be, else by a reload.',
    )
    .argument(
      '[newfile]',
      'a configuration, or what "hitless plan --out" saved (default: the files)',
    )
    .option('--yes', 'do not ask on a terminal')
    .addHelpText('after', EXAMPLES)
    .action(async (path: string | undefined, flags: ApplyFlags) => {
      const wanted = path === undefined ? {} : await wantedIn(nodeHost(), path);
      const request = { ...requestOf(flags), ...wanted };
      await runPlanned(
        flags,
        io,
        async (host, options) => await applyChanges(host, request, asking(options, flags, io)),
      );
    });
}

interface ApplyFlags extends ReloadFlags {
  readonly yes?: boolean;
}

/** On a terminal nothing is touched before somebody has seen the plan and agreed; scripts go on. */
function asking(options: PlanOptions, flags: ApplyFlags, io: Io): PlanOptions {
  const { confirm, stderr, columns, colour } = io;
  const quiet = flags.yes === true || flags.json === true || flags.ndjson === true;
  if (confirm === undefined || quiet || options.dryRun) return options;
  return {
    ...options,
    onPlan: async (plan) => {
      stderr.write(planText(plan, columns, colour.stderr, true));
      if (await confirm('apply this? [y/N] ')) return;
      throw refused('interrupted', 'nothing was touched: the answer was not yes', {
        hint: 'with --yes it does not ask',
      });
    },
  };
}

async function wantedIn(
  host: Host,
  path: string,
): Promise<Pick<ApplyChangesRequest, 'newFile' | 'saved'>> {
  const content = await readNamedFile(host, path, NAME_ONE);
  const plan = parseSavedPlan(content.toString('utf8'));
  return plan === undefined ? { newFile: { path, content } } : { saved: { path, plan } };
}

const NAME_ONE = 'name a configuration file, or a plan made by "hitless plan --out FILE"';

const EXAMPLES = `
Examples:
  hitless apply new.cfg --dry-run   what would be done, and how
  hitless apply new.cfg             do it; the file then holds the same
  hitless plan new.cfg --out p.plan && hitless apply p.plan
  hitless apply                     the files were edited: have them run
`;
