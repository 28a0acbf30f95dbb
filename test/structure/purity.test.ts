import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { IConfiguration } from 'dependency-cruiser';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const OXLINT = join(ROOT, 'node_modules', '.bin', 'oxlint');
const LINT_RULES = '.oxlintrc.json';

/** A use of the world in a module that must not know it. */
const PLANTED = {
  'src/methods/p-clock.ts': 'export const now = () => Date.now();',
  'src/methods/p-process.ts': 'export const pid = process.pid;',
  'src/haproxy/config/p-random.ts': 'export const dice = () => Math.random();',
  'src/haproxy/messages.ts': 'export const later = setTimeout;',
  'src/reload/plan.ts': 'export const now = () => performance.now();',
  'src/probe/verdict.ts': 'export const now = () => new Date();',
  'src/steps/p-wait.ts': 'export const wait = (then: () => void) => setTimeout(then, 5);',
  'src/steps/p-clock.ts': 'export const now = () => Date.now();',
  'src/reload/p-process.ts': 'export const home = process.env;',
} as const;

/** The same words where they are allowed, or mean something else. */
const ALLOWED = {
  'src/methods/p-local.ts': 'export const pidOf = (process: { pid: number }) => process.pid;',
  'src/reload/p-date.ts': 'export const text = (ms: number) => new Date(ms).toISOString();',
  'src/host/node/p-clock.ts': 'export const now = () => Date.now();',
  'src/lab/p-process.ts': 'export const pid = process.pid;',
} as const;

test('clock, randomness and process are reported in modules that must not use them', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'hitless-purity-'));
  t.after(() => rmSync(folder, { recursive: true }));
  // These rules need no types, and the folder has no compiler.
  writeFileSync(join(folder, LINT_RULES), JSON.stringify({ ...lintRules(), options: {} }));
  for (const [file, text] of Object.entries({ ...PLANTED, ...ALLOWED })) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), `${text}\n`);
  }
  const linted = spawnSync(OXLINT, ['--format=json'], { cwd: folder, encoding: 'utf8' });
  const { diagnostics } = JSON.parse(linted.stdout) as { diagnostics: readonly Diagnostic[] };
  const restricted = diagnostics.filter(({ code }) => code.includes('no-restricted-'));
  assert.deepEqual(
    new Set(restricted.map(({ filename }) => filename)),
    new Set(Object.keys(PLANTED)),
    linted.stderr,
  );
});

interface Diagnostic {
  readonly code: string;
  readonly filename: string;
}

test('the linter and the structure checker agree on what is pure', () => {
  const patterns = purePatterns();
  const globs = pureGlobs().map(regexOf);
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `src/${name}`);
  for (const file of sources) {
    const inStructure = patterns.some((pattern) => pattern.test(file));
    const inLint = globs.some((glob) => glob.test(file));
    assert.equal(inLint, inStructure, `${file} is pure in one list only`);
  }
});

function purePatterns(): readonly RegExp[] {
  const { forbidden = [] } = createRequire(import.meta.url)(
    join(ROOT, '.dependency-cruiser.cjs'),
  ) as IConfiguration;
  const from = forbidden.find(({ name }) => name === 'pure-imports-no-io')?.from;
  return [from?.path ?? []].flat().map((pattern) => new RegExp(pattern));
}

function pureGlobs(): readonly string[] {
  return (
    lintRules().overrides.find(({ files }) => files.includes('src/methods/**/*.ts'))?.files ?? []
  );
}

interface LintRules {
  readonly overrides: readonly { readonly files: readonly string[] }[];
}

function lintRules(): LintRules {
  const text = readFileSync(join(ROOT, LINT_RULES), 'utf8');
  return JSON.parse(text.replaceAll(/^\s*\/\/.*$/gm, '')) as LintRules;
}

/** As far as our lists use globs. */
function regexOf(glob: string): RegExp {
  const source = glob
    .replaceAll('.', '\\.')
    .replaceAll('**/*', '<any>')
    .replaceAll('*', '[^/]*')
    .replaceAll('<any>', '.*')
    .replaceAll(/\{([^}]*)\}/g, (_, words: string) => `(${words.replaceAll(',', '|')})`);
  return new RegExp(`^${source}$`);
}
