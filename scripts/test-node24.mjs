/** `npm run test:node24`: the unit tests with Node 24, fetched as an npm package when it is missing. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './test-files.mjs';

const NAME = `node-${process.platform}-${process.arch}`;
const FOLDER = join(ROOT, 'node_modules', '.cache', 'node24');
const NODE24 = join(FOLDER, 'node_modules', NAME, 'bin', 'node');

process.exitCode = runAll();

function runAll() {
  if (!existsSync(NODE24)) {
    const code = install();
    if (code !== 0) return code;
  }
  run(NODE24, ['--version']);
  return run(NODE24, ['--enable-source-maps', 'scripts/run-tests.mjs', 'unit']);
}

/** With a package.json of its own, so that npm leaves ours alone. */
function install() {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, 'package.json'), '{ "private": true }\n');
  const quiet = ['--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
  return run('npm', ['install', '--prefix', FOLDER, ...quiet, `${NAME}@24`]);
}

function run(program, args) {
  return (
    spawnSync(program, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] }).status ?? 1
  );
}
