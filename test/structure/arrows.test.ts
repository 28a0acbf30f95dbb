import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { cruise, type ICruiseResult, type IConfiguration } from 'dependency-cruiser';

const RULES = createRequire(import.meta.url)('../../../.dependency-cruiser.cjs') as IConfiguration;

/** The smallest tree in which every arrow that is allowed is drawn. */
const ALLOWED: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({
    dependencies: { commander: '1', 'hdr-histogram-js': '1' },
    devDependencies: { 'fast-check': '1', uplot: '1' },
  }),
  ...packageNamed('commander'),
  ...packageNamed('hdr-histogram-js'),
  ...packageNamed('fast-check'),
  ...packageNamed('uplot'),
  'test/fixture.ts': 'export {};',
  'src/error.ts': '',
  'src/entry-points.ts': '',
  'src/main.ts': imports('./cli/main.js', './host/node/index.js'),
  'src/cli/main.ts': imports(
    'commander',
    'node:os',
    '../error.js',
    '../trial/trial.js',
    '../report/page.js',
    '../lab/lab.js',
    '../probe/prober.js',
    '../reload/reload.js',
    '../methods/registry.js',
    '../settings/settings.js',
    '../host/node/index.js',
  ),
  'src/report/page.ts': `${imports('./page-data.js')}${types('../trial/trial.js')}`,
  'src/report/page-data.ts': imports('../probe/schedule.js'),
  'src/report/browser/page.ts': `${imports('uplot')}${types('../page-data.js')}`,
  'src/trial/trial.ts': imports(
    'node:readline',
    '../lab/lab.js',
    '../probe/prober.js',
    '../methods/method.js',
    '../entry-points.js',
  ),
  'src/lab/lab.ts': imports('node:fs', './network-plan.js', '../host/node/index.js'),
  'src/lab/network-plan.ts': '',
  'src/probe/prober.ts': imports('node:net', './schedule.js', './histogram.js', '../host/wait.js'),
  'src/probe/schedule.ts': '',
  'src/probe/histogram.ts': imports('hdr-histogram-js'),
  'src/reload/reload.ts': imports(
    'node:path',
    './plan.js',
    '../doctor/handoff.js',
    '../methods/registry.js',
    '../steps/registry.js',
    '../journal/journal.js',
    '../haproxy/instance.js',
    '../services/command.js',
    '../host/host.js',
  ),
  'src/doctor/handoff.ts': types('./finding.js', '../methods/facts.js', '../host/host.js'),
  'src/doctor/finding.ts': '',
  'src/reload/plan.ts': imports('../methods/registry.js', '../steps/registry.js'),
  'src/settings/settings.ts': imports('../host/host.js'),
  'src/methods/registry.ts': imports('./flip.js', './plain.js'),
  'src/methods/flip.ts': imports('./parts.js'),
  'src/methods/plain.ts': imports('./parts.js', './method.js'),
  'src/methods/parts.ts': `${imports('../haproxy/arguments.js')}${types('../haproxy/instance.js')}`,
  'src/methods/method.ts': types('../steps/registry.js', './facts.js'),
  'src/methods/facts.ts': types('../host/host.js'),
  'src/steps/registry.ts': imports('./soft-stop.js', './replace-file.js', './definition.js'),
  'src/steps/soft-stop.ts': imports('./definition.js', './spare-link.js', '../haproxy/instance.js'),
  'src/steps/replace-file.ts': imports('./definition.js', 'node:crypto', '../services/command.js'),
  'src/steps/definition.ts': types('../host/host.js'),
  'src/steps/spare-link.ts': types('./definition.js'),
  'src/journal/journal.ts': imports('./record.js', '../host/wait.js', '../error.js'),
  'src/journal/record.ts': imports('node:zlib'),
  'src/haproxy/instance.ts': imports('node:path', './arguments.js', './config/lexer.js'),
  'src/haproxy/arguments.ts': '',
  // Types alone may go round.
  'src/haproxy/config/lexer.ts': imports('./quoting.js', '../../error.js', 'node:buffer'),
  'src/haproxy/config/quoting.ts': types('./lexer.js'),
  'src/services/command.ts': imports('../host/wait.js'),
  'src/host/host.ts': '',
  'src/host/wait.ts': types('./host.js'),
  'src/host/node/index.ts': imports('node:child_process', '../host.js', '../../error.js'),
};

/** One forbidden import for each rule, or several where a rule forbids several things. */
const PLANTED: readonly (readonly [rule: string, file: string, source: string])[] = [
  ['nothing-imports-cli', 'src/reload/p-cli.ts', imports('../cli/main.js')],
  ['nothing-imports-cli', 'src/trial/p-main.ts', imports('../main.js')],
  ['only-shells-touch-the-machine', 'src/reload/p-node.ts', imports('../host/node/index.js')],
  ['only-shells-touch-the-machine', 'src/steps/p-node.ts', imports('../host/node/index.js')],
  ['only-shells-touch-the-machine', 'src/haproxy/p-node.ts', imports('../host/node/index.js')],
  ['only-shells-touch-the-machine', 'src/host/p-node.ts', imports('./node/index.js')],
  ['io-goes-through-the-port', 'src/steps/p-fs.ts', imports('node:fs')],
  ['io-goes-through-the-port', 'src/steps/p-spawn.ts', imports('node:child_process')],
  ['io-goes-through-the-port', 'src/haproxy/p-net.ts', imports('node:net')],
  ['io-goes-through-the-port', 'src/reload/p-timers.ts', imports('node:timers/promises')],
  ['io-goes-through-the-port', 'src/journal/p-fs.ts', imports('node:fs/promises')],
  ['io-goes-through-the-port', 'src/host/p-fs.ts', imports('node:fs')],
  ['leaves-import-nothing', 'src/entry-points.ts', imports('./error.js')],
  ['host-is-the-bottom', 'src/host/p-haproxy.ts', imports('../haproxy/instance.js')],
  ['haproxy-knows-only-the-host', 'src/haproxy/p-steps.ts', imports('../steps/registry.js')],
  ['services-know-only-the-host', 'src/services/p-steps.ts', imports('../steps/registry.js')],
  ['journal-knows-only-the-host', 'src/journal/p-steps.ts', types('../steps/definition.js')],
  ['settings-know-only-the-host', 'src/settings/p-reload.ts', imports('../reload/reload.js')],
  ['steps-know-haproxy-and-the-host', 'src/steps/p-reload.ts', imports('../reload/reload.js')],
  ['steps-know-haproxy-and-the-host', 'src/steps/p-methods.ts', imports('../methods/registry.js')],
  ['steps-are-strangers', 'src/steps/p-other.ts', imports('./replace-file.js')],
  ['methods-plan-with-steps', 'src/methods/p-reload.ts', types('../reload/plan.js')],
  ['methods-plan-with-steps', 'src/methods/p-node.ts', types('../host/node/index.js')],
  ['methods-are-strangers', 'src/methods/p-other.ts', imports('./plain.js')],
  ['methods-name-steps-only', 'src/methods/p-steps.ts', imports('../steps/replace-file.js')],
  ['doctor-judges-facts', 'src/doctor/p-reload.ts', types('../reload/plan.js')],
  ['doctor-judges-facts', 'src/doctor/p-steps.ts', types('../steps/registry.js')],
  ['reload-knows-no-lab-and-no-probe', 'src/reload/p-lab.ts', imports('../lab/lab.js')],
  ['reload-knows-no-lab-and-no-probe', 'src/reload/p-probe.ts', imports('../probe/prober.js')],
  ['probe-stands-alone', 'src/probe/p-reload.ts', imports('../reload/reload.js')],
  ['probe-stands-alone', 'src/probe/p-methods.ts', types('../methods/method.js')],
  ['probe-stands-alone', 'src/probe/p-lab.ts', imports('../lab/lab.js')],
  ['lab-stands-alone', 'src/lab/p-steps.ts', imports('../steps/registry.js')],
  ['lab-stands-alone', 'src/lab/p-probe.ts', imports('../probe/prober.js')],
  ['trial-drives-programs', 'src/trial/p-reload.ts', imports('../reload/reload.js')],
  ['report-knows-results-only', 'src/report/p-lab.ts', types('../lab/lab.js')],
  ['pure-imports-no-io', 'src/report/p-fs.ts', imports('node:fs')],
  ['pure-imports-pure', 'src/report/p-run.ts', imports('../trial/trial.js')],
  ['packages-stay-at-the-edge', 'src/trial/p-uplot.ts', imports('uplot')],
  ['pure-imports-no-io', 'src/methods/p-fs.ts', imports('node:fs')],
  ['pure-imports-no-io', 'src/methods/p-random.ts', imports('node:crypto')],
  ['pure-imports-no-io', 'src/haproxy/config/p-timers.ts', imports('node:timers')],
  ['pure-imports-no-io', 'src/haproxy/messages.ts', imports('node:child_process')],
  ['pure-imports-no-io', 'src/reload/progress.ts', imports('node:fs')],
  ['pure-imports-no-io', 'src/probe/verdict.ts', imports('node:net')],
  ['pure-imports-pure', 'src/haproxy/config/p-io.ts', imports('../instance.js')],
  ['pure-imports-pure', 'src/probe/report.ts', imports('./prober.js')],
  // src/haproxy/instance.ts imports it.
  ['no-circular', 'src/haproxy/arguments.ts', imports('./instance.js')],
  ['no-orphans', 'src/probe/p-orphan.ts', 'export {};'],
  ['src-needs-no-tests', 'src/lab/p-test.ts', imports('../../test/fixture.js')],
  ['no-dev-packages', 'src/lab/p-dev.ts', imports('fast-check')],
  ['packages-stay-at-the-edge', 'src/reload/p-commander.ts', imports('commander')],
  ['not-to-unresolvable', 'src/reload/p-nowhere.ts', imports('./nowhere.js')],
];

const root = mkdtempSync(join(tmpdir(), 'hitless-structure-'));
after(() => rmSync(root, { recursive: true }));

test('every import that the design allows is allowed', async () => {
  const broken = await violations('allowed', ALLOWED);
  assert.deepEqual(broken, []);
});

test('every planted violation is reported under the name of its rule', async () => {
  const planted = Object.fromEntries(PLANTED.map(([, file, source]) => [file, source]));
  const broken = await violations('planted', { ...ALLOWED, ...planted });
  const missed = PLANTED.filter(
    ([rule, file]) => !broken.some((found) => found.rule === rule && found.from === file),
  );
  assert.deepEqual(missed, []);
  const innocent = broken.filter(({ from }) => !Object.hasOwn(planted, from));
  assert.deepEqual(innocent, []);
});

test('every rule has a planted violation, and says where the code belongs', () => {
  const tried = new Set(PLANTED.map(([rule]) => rule));
  for (const { name = '', comment = '' } of RULES.forbidden ?? []) {
    assert.ok(tried.has(name), `no violation of ${name} is planted`);
    assert.match(comment, /.{60}/, `${name} needs a comment`);
  }
});

interface Violation {
  readonly rule: string;
  readonly from: string;
  readonly to: string;
}

async function violations(
  name: string,
  files: Readonly<Record<string, string>>,
): Promise<readonly Violation[]> {
  const folder = join(root, name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const { forbidden = [], options = {} } = RULES;
  const { output } = await cruise(
    ['src'],
    { ...options, ruleSet: { forbidden }, validate: true, baseDir: folder },
    options.enhancedResolveOptions,
  );
  const { summary } = output as ICruiseResult;
  return summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to }));
}

function imports(...specifiers: readonly string[]): string {
  return specifiers.map((specifier) => `import '${specifier}';\n`).join('');
}

function types(...specifiers: readonly string[]): string {
  return specifiers.map((specifier) => `import type {} from '${specifier}';\n`).join('');
}

function packageNamed(name: string): Record<string, string> {
  const folder = `node_modules/${name}`;
  return {
    [`${folder}/package.json`]: JSON.stringify({ name, version: '1.0.0', main: 'index.js' }),
    [`${folder}/index.js`]: '',
  };
}
