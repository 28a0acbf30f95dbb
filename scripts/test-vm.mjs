/**
 * `npm run test:vm`: the tests in test/vm/, in a guest under QEMU whose kernel is Debian's own: that
 * has what the host's may lack (sch_plug). The guest sees the host's files, read-only.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { closingLines, isGood, noCounts, say, seconds } from './run-tests.mjs';
import { ROOT, testFiles } from './test-files.mjs';
import { runInGuest } from './vm/boot.mjs';
import { Unavailable } from './vm/kernel.mjs';

/** Four minutes on two quiet cores; a busy machine stretches it, and nothing in the guest minds. */
const LIMIT_MS = 1_200_000;
const COUNTS_MARK = '# counts ';

/** @returns the counts of the guest; all skipped when there can be no guest here */
export async function runVmTests() {
  const files = testFiles().vm;
  const startedMs = performance.now();
  // What cannot be installed is said by setup, and then once more as the reason for skipping.
  setUp('vm');
  try {
    const argv = [process.execPath, '--enable-source-maps', 'scripts/vm/inside.mjs', ...files];
    const { out } = await runInGuest(argv, { cwd: ROOT, timeoutMs: LIMIT_MS, onLine: sayLine });
    const counts = countsIn(out);
    say(`guest    ended after ${seconds(performance.now() - startedMs)}`);
    return counts;
  } catch (error) {
    if (!(error instanceof Unavailable)) return failedAll(files, error);
    for (const file of files) say(`skipped  ${file}: no guest can be had here: ${error.message}`);
    return { ...noCounts(), tests: files.length, skipped: files.length };
  }
}

function setUp(goal) {
  const args = ['scripts/setup.mjs', goal];
  return spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' }).status === 0;
}

function sayLine(line) {
  if (!line.startsWith(COUNTS_MARK)) say(line);
}

function countsIn(out) {
  const line = out.split('\n').find((each) => each.startsWith(COUNTS_MARK));
  if (line === undefined) throw new Error(`the guest said no counts:\n${out.slice(-4000)}`);
  return JSON.parse(line.slice(COUNTS_MARK.length));
}

function failedAll(files, error) {
  say(`FAILED   the guest: ${error.message}`);
  return { ...noCounts(), tests: files.length, fail: files.length };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const counts = setUp('test') ? await runVmTests() : { ...noCounts(), fail: 1 };
  say(closingLines(counts));
  process.exitCode = isGood(counts) ? 0 : 1;
}
