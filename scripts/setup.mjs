/**
 * `node scripts/setup.mjs demo|test|vm|bench`: makes a fresh Debian machine ready for it, and is quick
 * and silent when there is nothing to do. Node only: it runs before `npm ci`.
 * `build` needs no Debian packages; `modules` does not even build.
 * stdout stays free for what follows; all that is said here goes to stderr.
 */
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_AT_LEAST = [20, 19];

/** Program to Debian package. apache2-bin is Apache with its modules and without its service. */
const DEMO = {
  haproxy: 'haproxy',
  apache2: 'apache2-bin',
  nft: 'nftables',
  ip: 'iproute2',
  nsenter: 'util-linux',
  sysctl: 'procps',
};
const TEST = {
  ...DEMO,
  nginx: 'nginx',
  conntrack: 'conntrack',
  keepalived: 'keepalived',
  tcpdump: 'tcpdump',
  openssl: 'openssl',
  perl: 'perl-base',
  tmux: 'tmux',
  curl: 'curl',
  chromium: 'chromium',
};
const BENCH = { ...TEST, wrk: 'wrk', ab: 'apache2-utils' };
/** A guest; without it the tests in test/vm are skipped. */
const VM = { ...TEST, 'qemu-system-x86_64': 'qemu-system-x86', busybox: 'busybox-static' };
const PROGRAMS = { modules: {}, build: {}, demo: DEMO, test: TEST, vm: VM, bench: BENCH };

/** Packages whose service would start at the next boot, which nobody asked for. */
const SERVICES = {
  haproxy: 'haproxy.service',
  nginx: 'nginx.service',
  keepalived: 'keepalived.service',
};

/** Asked by Debian's packages before they start or restart a service; 101 forbids it. */
const POLICY_FILE = '/usr/sbin/policy-rc.d';
const POLICY = '#!/bin/sh\n# Temporary, from hitless scripts/setup.mjs\nexit 101\n';
const FORBIDDEN = 101;

const NPM_LINES = 6;

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SOURCES = ['src', 'test', 'bench'];
const STYLES = [join('src', 'report', 'browser', 'page.css')];
const BUNDLER = join('scripts', 'bundle.mjs');
const PROJECTS = ['tsconfig.json', join('src', 'report', 'browser', 'tsconfig.json')];
const STAMP = join(ROOT, 'dist', '.built');

class SetupError extends Error {}

try {
  setUp(process.argv[2]);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(`error: ${error.message}`);
  process.exitCode = 1;
}

function setUp(goal) {
  if (!Object.hasOwn(PROGRAMS, goal ?? '')) {
    throw new SetupError(`usage: node scripts/setup.mjs ${Object.keys(PROGRAMS).join('|')}`);
  }
  checkNode();
  installPackages(missingPackages(PROGRAMS[goal]));
  installModules();
  if (goal !== 'modules') build();
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NODE_AT_LEAST[0] || (major === NODE_AT_LEAST[0] && minor >= NODE_AT_LEAST[1])) return;
  throw new SetupError(
    `Node ${NODE_AT_LEAST.join('.')} or later is needed, this is ${process.versions.node}`,
  );
}

function missingPackages(programs) {
  return Object.keys(programs)
    .filter((program) => !isInstalled(program))
    .map((program) => programs[program]);
}

function isInstalled(program) {
  const folders = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`.split(':');
  return folders.filter(Boolean).some((folder) => isExecutable(join(folder, program)));
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function installPackages(packages) {
  if (packages.length === 0) return;
  const names = packages.join(' ');
  const byHand = `apt-get install --no-install-recommends ${names}`;
  if (!isInstalled('apt-get')) throw new SetupError(`not a Debian machine; install: ${names}`);
  if (process.geteuid() !== 0) {
    throw new SetupError(`Debian packages are missing. Install them with:\n  sudo ${byHand}`);
  }
  say(`installing ${names}`);
  withoutServiceStarts(byHand, () => {
    apt(['update']);
    apt(['install', '--yes', '--no-install-recommends', ...packages]);
  });
  disableServices(packages);
}

/** Calls `install` while no package may start or restart a service on this host. */
function withoutServiceStarts(byHand, install) {
  const ours = forbidStarts(byHand);
  // Ctrl-C ends apt-get; we must live on to remove the file.
  const stay = () => undefined;
  process.on('SIGINT', stay).on('SIGTERM', stay);
  try {
    install();
  } finally {
    if (ours) rmSync(POLICY_FILE, { force: true });
    process.off('SIGINT', stay).off('SIGTERM', stay);
  }
}

/** @returns true when the policy is ours to remove (from an earlier run that was killed, too) */
function forbidStarts(byHand) {
  if (!existsSync(POLICY_FILE)) {
    writeFileSync(POLICY_FILE, POLICY, { flag: 'wx', mode: 0o755 });
    return true;
  }
  if (readFileSync(POLICY_FILE, 'utf8') === POLICY) return true;
  if (spawnSync(POLICY_FILE, ['haproxy', 'start'], { stdio: 'ignore' }).status === FORBIDDEN) {
    return false;
  }
  throw new SetupError(
    `${POLICY_FILE} lets packages start services, which setup must not do. By hand:\n  ${byHand}`,
  );
}

function apt(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1' };
  const quiet = ['-qq', '-o', 'DPkg::Lock::Timeout=120', '-o', 'Dpkg::Use-Pty=0'];
  run('apt-get', [...quiet, ...args], env);
}

function disableServices(packages) {
  if (!existsSync('/run/systemd/system')) return;
  for (const name of packages.filter((each) => Object.hasOwn(SERVICES, each))) {
    run('systemctl', ['--quiet', 'disable', SERVICES[name]]);
    say(`${SERVICES[name]} is installed but neither started nor enabled`);
  }
}

function installModules() {
  const installed = modifiedMs(join(ROOT, 'node_modules', '.package-lock.json'));
  if (installed >= modifiedMs(join(ROOT, 'package-lock.json'))) return;
  say('installing node modules');
  runNpm(['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
}

function build() {
  const sources = SOURCES.flatMap((folder) => sourceFiles(folder));
  const inputs = [...sources, ...STYLES, BUNDLER, ...PROJECTS, 'package-lock.json'];
  const newest = Math.max(...inputs.map((file) => modifiedMs(join(ROOT, file))));
  const before = builtSources();
  const removed = before.filter((file) => !sources.includes(file));
  if (modifiedMs(STAMP) >= newest && removed.length === 0) return;
  say('building');
  for (const file of removed) removeOutput(file);
  const tsc = join('node_modules', 'typescript', 'bin', 'tsc');
  for (const project of PROJECTS) run(process.execPath, [tsc, '-p', project]);
  run(process.execPath, [BUNDLER]);
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, sources.join('\n'));
  // Not the present: a file changed during the build must look newer than it.
  utimesSync(STAMP, newest / 1000, newest / 1000 + 0.001);
}

function sourceFiles(folder) {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

function builtSources() {
  return existsSync(STAMP) ? readFileSync(STAMP, 'utf8').split('\n').filter(Boolean) : [];
}

/** A deleted test must not go on running from dist. */
function removeOutput(source) {
  const output = join(ROOT, 'dist', source.replace(/\.ts$/, '.js'));
  for (const file of [output, `${output}.map`]) rmSync(file, { force: true });
}

/** Zero for what does not exist: older than everything. */
function modifiedMs(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function run(program, args, env = process.env) {
  const stdio = ['ignore', 2, 2];
  const { status, signal, error } = spawnSync(program, args, { cwd: ROOT, env, stdio });
  if (status === 0) return;
  throw failure(program, args, error?.message ?? signal ?? `exit ${status}`);
}

/** npm prints its whole manual after its first lines, which say what is wrong. */
function runNpm(args) {
  const stdio = ['ignore', 2, 'pipe'];
  const { status, error, stderr } = spawnSync('npm', args, { cwd: ROOT, stdio });
  if (status === 0) return;
  const said = stderr?.toString().trim().split('\n').slice(0, NPM_LINES).join('\n');
  throw failure('npm', args, error?.message ?? said ?? '');
}

function failure(program, args, how) {
  return new SetupError(`${[program, ...args].join(' ')} failed: ${how}`);
}

function say(line) {
  process.stderr.write(`setup: ${line}\n`);
}
