/** `npm run check`: everything that needs neither root nor another program. Says what failed. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closingLines, indent, isGood, runTests, say, seconds, STAGES } from './run-tests.mjs';
import { ROOT, testFiles } from './test-files.mjs';

const NODE = process.execPath;

/** Scripts of package.json, the longest first. Each prints only what is wrong. */
const TASKS = ['types', 'structure', 'unused', 'lint', 'format:check'];

/** @returns `{ counts, failed }`: of the unit tests, and the names of all that failed */
export async function check() {
  // Before anything else runs from node_modules.
  const setup = spawnSync(NODE, ['scripts/setup.mjs', 'modules'], { cwd: ROOT, stdio: 'inherit' });
  if (setup.status !== 0) return { counts: undefined, failed: ['modules'] };
  const failed = await runTasks(TASKS);
  if (failed.includes('types')) {
    say('not run  unit tests: they need a build');
    return { counts: undefined, failed };
  }
  const counts = await runTests(testFiles().unit, STAGES.unit);
  const good = isGood(counts);
  say(`${good ? 'ok      ' : 'FAILED  '} unit tests (${seconds(counts.duration_ms)})`);
  return { counts, failed: good ? failed : [...failed, 'unit tests'] };
}

/** As many at a time as there are processors. */
async function runTasks(names) {
  const waiting = [...names];
  const failed = [];
  const worker = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      if (!(await runTask(name))) failed.push(name);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return failed;
}

async function runTask(name) {
  const startedMs = performance.now();
  const { code, text } = await outputOf(scriptNamed(name));
  const took = seconds(performance.now() - startedMs);
  say(`${code === 0 ? 'ok      ' : 'FAILED  '} ${name} (${took})`);
  if (code !== 0) say(indent(text));
  return code === 0;
}

function scriptNamed(name) {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts[name];
}

/** As `npm run` does it, without the time that npm itself takes. */
function outputOf(command) {
  const PATH = `${join(ROOT, 'node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}`;
  const env = { ...process.env, PATH, NO_COLOR: '1' };
  return new Promise((resolve, reject) => {
    const stdio = ['ignore', 'pipe', 'pipe'];
    const child = spawn(command, { cwd: ROOT, env, stdio, shell: true });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (piece) => {
        text += piece;
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, text }));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { counts, failed } = await check();
  if (failed.length > 0) say(`failed: ${failed.join(', ')}`);
  if (counts !== undefined) say(closingLines(counts));
  process.exitCode = failed.length === 0 ? 0 : 1;
}
