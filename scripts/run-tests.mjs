/**
 * Runs test files with node's own runner and says what it said: every failure, every skipped test
 * with its reason, and the counts. As a program: `node scripts/run-tests.mjs [unit|system]`.
 */
import { relative } from 'node:path';
import { availableParallelism } from 'node:os';
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { built, ROOT, testFiles } from './test-files.mjs';

/** For one file; a test that hangs must not hold up the rest for ever. */
const UNIT_LIMIT_MS = 300_000;
const SYSTEM_LIMIT_MS = 900_000;

const MOST_LINES = 40;

const COUNTS = ['tests', 'suites', 'pass', 'fail', 'cancelled', 'skipped', 'todo', 'duration_ms'];

export const STAGES = {
  unit: { concurrency: availableParallelism(), timeout: UNIT_LIMIT_MS, everyTest: false },
  // Labs measure: beside each other they would disturb each other.
  system: { concurrency: 1, timeout: SYSTEM_LIMIT_MS, everyTest: true },
};

/**
 * @param {readonly string[]} sources `test/**.test.ts`
 * @returns the counts of node's runner; anything but 0 in `fail` or `cancelled` is a failure
 */
export async function runTests(sources, { concurrency, timeout, everyTest }) {
  const counts = noCounts();
  if (sources.length === 0) return counts;
  const printed = new Map();
  const failedFiles = new Set();
  for await (const { type, data } of run({ files: sources.map(built), concurrency, timeout })) {
    if (type === 'test:stdout' || type === 'test:stderr') {
      const file = sourceOf(data.file);
      printed.set(file, `${printed.get(file) ?? ''}${data.message}`);
    } else if (type === 'test:diagnostic') {
      count(counts, data);
    } else if (type === 'test:fail' || isEmptyFile(type, data)) {
      failedFiles.add(sourceOf(data.file));
      if (type === 'test:pass') recount(counts);
      if (!isParent(data)) say(failureText(data));
    } else if (type === 'test:pass') {
      sayPassed(data, everyTest);
    }
  }
  for (const file of failedFiles) {
    if (printed.has(file)) say(`printed by ${file}:\n${indent(printed.get(file))}`);
  }
  return counts;
}

export function noCounts() {
  return Object.fromEntries(COUNTS.map((name) => [name, 0]));
}

export function sum(...all) {
  const total = noCounts();
  for (const counts of all) for (const name of COUNTS) total[name] += counts[name];
  return total;
}

export function isGood(counts) {
  return counts.tests > 0 && counts.fail === 0 && counts.cancelled === 0;
}

/** The closing lines of node's test runner. */
export function closingLines(counts) {
  return COUNTS.map((name) => `# ${name} ${Number(counts[name].toFixed(3))}`).join('\n');
}

/** The runner's own last words name no file; what a test says with `diagnostic()` does. */
function count(counts, { nesting, message, file }) {
  const [, name, value] = /^(\w+) ([\d.]+)$/.exec(message) ?? [];
  if (nesting === 0 && file === undefined && COUNTS.includes(name)) counts[name] += Number(value);
}

/** A file without a test counts as a passed test for node. */
function isEmptyFile(type, { nesting, name, file }) {
  return type === 'test:pass' && nesting === 0 && file !== undefined && file.endsWith(name);
}

/** The runner's own count comes last, and knows the empty file as passed. */
function recount(counts) {
  counts.pass -= 1;
  counts.fail += 1;
}

/** It failed because something in it did, which has been said. */
function isParent({ details }) {
  return details?.error?.failureType === 'subtestsFailed';
}

function failureText({ name, file, line, column, details }) {
  const source = sourceOf(file);
  // Places in compiled code would mislead; in a .ts they are the source map's.
  const place = file?.endsWith('.ts') ? `${source}:${line}:${column}` : source;
  const error = details?.error;
  const why = error === undefined ? 'this file holds no test' : errorText(error.cause ?? error);
  return `FAILED   ${name === file ? source : name}\n${indent(`${place}\n${why}`)}`;
}

/** An assertion's stack holds its difference; its fields would only say all that once more. */
function errorText(error) {
  const text = error?.code === 'ERR_ASSERTION' && error.stack ? error.stack : inspect(error);
  const lines = text.split('\n');
  if (lines.length <= MOST_LINES) return text;
  return `${lines.slice(0, MOST_LINES).join('\n')}\n... ${lines.length - MOST_LINES} more lines`;
}

function sayPassed({ name, file, skip, todo, details, nesting }, everyTest) {
  if (skip !== undefined) say(`skipped  ${name}: ${reason(skip)} (${sourceOf(file)})`);
  else if (todo !== undefined) say(`todo     ${name}: ${reason(todo)} (${sourceOf(file)})`);
  else if (everyTest && nesting === 0) say(`passed   ${name} (${seconds(details.duration_ms)})`);
}

function reason(value) {
  return typeof value === 'string' && value !== '' ? value : 'no reason given';
}

function sourceOf(file) {
  return relative(ROOT, file ?? ROOT)
    .replace(/^dist\//, '')
    .replace(/\.js$/, '.ts');
}

export function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}

export function indent(text) {
  return text.trimEnd().replaceAll(/^/gm, '         ');
}

export function say(line) {
  process.stdout.write(`${line}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const stage = process.argv[2] ?? 'unit';
  const counts = await runTests(testFiles()[stage], STAGES[stage]);
  say(closingLines(counts));
  process.exitCode = isGood(counts) ? 0 : 1;
}
