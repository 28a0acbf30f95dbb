/** `node scripts/bench-vm.mjs FILE`: runs a compiled file in the guest; its output becomes ours. */
import { spawnSync } from 'node:child_process';
import { ROOT } from './test-files.mjs';
import { runInGuest } from './vm/boot.mjs';
import { Unavailable } from './vm/kernel.mjs';

const LIMIT_MS = 1_200_000;

spawnSync(process.execPath, ['scripts/setup.mjs', 'vm'], { cwd: ROOT, stdio: ['ignore', 2, 2] });
try {
  const argv = [process.execPath, '--enable-source-maps', ...process.argv.slice(2)];
  const { code, out } = await runInGuest(argv, { cwd: ROOT, timeoutMs: LIMIT_MS });
  process.stdout.write(out);
  process.exitCode = code;
} catch (error) {
  if (!(error instanceof Unavailable)) throw error;
  process.stdout.write(`no guest can be had here: ${error.message}\n`);
  process.exitCode = 1;
}
