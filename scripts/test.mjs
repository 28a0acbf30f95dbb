/**
 * `npm test`: sets the machine up, then all checks, then the tests with real programs in labs.
 * `npm test -- test/haproxy/version.test.ts ...`: builds and runs only these.
 */
import { spawnSync } from 'node:child_process';
import { relative } from 'node:path';
import { check } from './check.mjs';
import { closingLines, isGood, noCounts, runTests, say, STAGES, sum } from './run-tests.mjs';
import { ROOT, testFiles } from './test-files.mjs';
import { runVmTests } from './test-vm.mjs';

const chosen = process.argv.slice(2).map((file) => relative(ROOT, file));
process.exitCode = (await (chosen.length > 0 ? some(chosen) : all())) ? 0 : 1;

async function all() {
  if (!setUp('test')) return false;
  // Beside the checks: time in the guest is what it has executed, and labs want to be alone.
  const running = runVmTests();
  const { counts: unit = noCounts(), failed } = await check();
  const guest = await running;
  if (failed.length > 0) {
    say(`not run  system tests, because these failed: ${failed.join(', ')}`);
    say(closingLines(sum(unit, guest)));
    return false;
  }
  const system = await runTests(testFiles().system, STAGES.system);
  say(closingLines(sum(unit, system, guest)));
  return isGood(system) && isGood(guest);
}

async function some(sources) {
  const known = Object.values(testFiles()).flat();
  const unknown = sources.filter((source) => !known.includes(source));
  if (unknown.length > 0) {
    say(`no such test file: ${unknown.join(', ')}`);
    return false;
  }
  if (sources.some((source) => testFiles().vm.includes(source))) {
    say('the tests in test/vm run in a guest: npm run test:vm');
    return false;
  }
  const { system } = testFiles();
  if (!setUp(sources.some((source) => system.includes(source)) ? 'test' : 'build')) return false;
  const counts = await runTests(sources, STAGES.system);
  say(closingLines(counts));
  return isGood(counts);
}

function setUp(goal) {
  const args = ['scripts/setup.mjs', goal];
  return spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' }).status === 0;
}
