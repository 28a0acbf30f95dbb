import { resolve } from 'node:path';
import { Command } from 'commander';
import { refused } from '../error.js';
import { nodeHost } from '../host/node/index.js';
import type { Host } from '../host/host.js';
import { applyChanges, type ApplyChangesRequest } from '../reload/apply-changes.js';
import { parseSavedPlan } from '../reload/saved-plan.js';
import type { Io } from './command.js';
import { addReloadOptions, requestOf, type ReloadFlags } from './reload-options.js';
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
    .addHelpText('after', EXAMPLES)
    .action(async (path: string | undefined, flags: ReloadFlags) => {
      const wanted = path === undefined ? {} : await wantedIn(nodeHost(), path);
      const request = { ...requestOf(flags), ...wanted };
      await runPlanned(
        flags,
        io,
        async (host, options) => await applyChanges(host, request, options),
      );
    });
}

async function wantedIn(
  host: Host,
  path: string,
): Promise<Pick<ApplyChangesRequest, 'newFile' | 'saved'>> {
  const content = await host.files.read(resolve(path)).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(path, cause.code ?? cause.message);
  });
  if (content === undefined) throw unreadable(path, 'there is no such file');
  const plan = parseSavedPlan(content.toString('utf8'));
  return plan === undefined ? { newFile: { path, content } } : { saved: { path, plan } };
}

function unreadable(path: string, why: string): Error {
  return refused('config-unreadable', `${path}: cannot be read (${why})`, {
    subject: path,
    hint: 'name a configuration file, or a plan made by "hitless plan --out FILE"',
  });
}

const EXAMPLES = `
Examples:
  hitless apply new.cfg --dry-run     what would be done, and how
  hitless apply new.cfg               do it; the file then holds what new.cfg does
  hitless plan new.cfg --out p.plan && hitless apply p.plan
  hitless apply                       the files were edited by hand: have them run
`;
