import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './test-files.mjs';

const MAJOR = 24;
/** Node itself as an npm package. */
const NAME = `node-${process.platform}-${process.arch}`;
const FOLDER = join(ROOT, 'node_modules', '.cache', `node${MAJOR}`);
const PROGRAM = join(FOLDER, 'node_modules', NAME, 'bin', 'node');

/** The path of Node 24: this one, or one that is fetched when it is missing. */
export function node24() {
  if (process.versions.node.startsWith(`${MAJOR}.`)) return process.execPath;
  if (!existsSync(PROGRAM)) install();
  return PROGRAM;
}

/** With a package.json of its own, so that npm leaves ours alone. */
function install() {
  process.stderr.write(`installing Node ${MAJOR} into ${FOLDER}\n`);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, 'package.json'), '{ "private": true }\n');
  const quiet = ['--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
  const args = ['install', '--prefix', FOLDER, ...quiet, `${NAME}@${MAJOR}`];
  const { status } = spawnSync('npm', args, { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed`);
}
