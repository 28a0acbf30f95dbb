/** `npm run test:node24`: the unit tests with Node 24. */
import { spawnSync } from 'node:child_process';
import { node24 } from './node24.mjs';
import { ROOT } from './test-files.mjs';

const args = ['--enable-source-maps', 'scripts/run-tests.mjs', 'unit'];
const stdio = ['ignore', 'inherit', 'inherit'];
spawnSync(node24(), ['--version'], { stdio });
process.exitCode = spawnSync(node24(), args, { cwd: ROOT, stdio }).status ?? 1;
