/**
 * `npm run coverage`: which lines of src/ the unit tests run, by folder; coverage/lcov.info has all.
 * With Node 24: what Node 20 measures it cannot map back to TypeScript (it drops the whole report).
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { node24 } from './node24.mjs';
import { built, ROOT, testFiles } from './test-files.mjs';

const LCOV = join('coverage', 'lcov.info');
const COLUMNS = ['lines', 'branches', 'functions'];
/** Found and hit, as lcov calls them. */
const FIELDS = { LF: 'lines', LH: 'lines', BRF: 'branches', BRH: 'branches' };
Object.assign(FIELDS, { FNF: 'functions', FNH: 'functions' });

mkdirSync(join(ROOT, 'coverage'), { recursive: true });
process.exitCode = measure();
print(readLcov(readFileSync(join(ROOT, LCOV), 'utf8')));

function measure() {
  const reporters = ['--test-reporter=dot', '--test-reporter-destination=stderr'];
  reporters.push('--test-reporter=lcov', `--test-reporter-destination=${LCOV}`);
  const flags = ['--enable-source-maps', '--test', '--experimental-test-coverage', ...reporters];
  const args = [...flags, ...testFiles().unit.map(built)];
  return spawnSync(node24(), args, { cwd: ROOT, stdio: ['ignore', 2, 2] }).status ?? 1;
}

/** @returns Map of `src/...` to `{ lines: [hit, found], ... }` */
function readLcov(text) {
  const files = new Map();
  let at;
  for (const line of text.split('\n')) {
    const [, key, value] = /^([A-Z]+):(.*)$/.exec(line) ?? [];
    if (key === 'SF') {
      at = { lines: [0, 0], branches: [0, 0], functions: [0, 0] };
      if (value.startsWith('src/')) files.set(value, at);
    } else if (FIELDS[key] !== undefined) {
      at[FIELDS[key]][key.endsWith('H') ? 0 : 1] = Number(value);
    }
  }
  return files;
}

function print(files) {
  const folders = new Map();
  for (const [file, figures] of files) add(folders, dirname(file), figures);
  for (const figures of files.values()) add(folders, 'all of these', figures);
  row('', 'files', ...COLUMNS);
  for (const [folder, { count, ...figures }] of [...folders].sort(byName)) {
    row(folder, count, ...COLUMNS.map((name) => percent(figures[name])));
  }
  const never = sources().filter((file) => !files.has(file));
  console.log(`\nnever loaded by a unit test (${never.length}):`);
  for (const file of never) console.log(`  ${file}`);
  console.log(`\nby line: ${LCOV}`);
}

function add(folders, folder, figures) {
  const total = folders.get(folder) ?? {
    count: 0,
    lines: [0, 0],
    branches: [0, 0],
    functions: [0, 0],
  };
  total.count += 1;
  for (const name of COLUMNS) for (const side of [0, 1]) total[name][side] += figures[name][side];
  folders.set(folder, total);
}

function byName([a], [b]) {
  return a.startsWith('all') || (!b.startsWith('all') && a > b) ? 1 : -1;
}

function percent([hit, found]) {
  return found === 0 ? '-' : `${((100 * hit) / found).toFixed(1)} %`;
}

function row(name, ...cells) {
  console.log(`${name.padEnd(24)}${cells.map((cell) => String(cell).padStart(11)).join('')}`);
}

function sources() {
  return readdirSync(join(ROOT, 'src'), { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join('src', name))
    .sort();
}
