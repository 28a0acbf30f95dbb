/**
 * Debian's own kernel, fetched as a package and unpacked beside the build: it is never installed.
 * Its modules are found by what they say of themselves, so that neither kmod nor its index is needed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ROOT } from '../test-files.mjs';

/** The flavour for real machines: that for clouds has no 9p. */
const PACKAGE = 'linux-image-amd64';
const CACHE = join(ROOT, 'dist', 'vm');
const KERNEL_NAME = /^linux-image-[\d.]+-\d+-amd64$/;

/** What is unpacked: 50 MB of 400. */
const PARTS = [
  './boot/vmlinuz-*',
  ...[
    'net/*',
    'drivers/net/veth.ko',
    'drivers/net/ifb.ko',
    'drivers/virtio/*',
    'fs/9p/*',
    'fs/netfs/*',
    'fs/fscache/*',
    'fs/overlayfs/*',
    'lib/*',
    'crypto/*',
  ].map((part) => `./lib/modules/*/kernel/${part}`),
];

export class Unavailable extends Error {}

/**
 * @returns `{ image, modules }`: the path of the kernel and the folder of its modules
 * @throws Unavailable when this machine cannot have it
 */
export function debianKernel() {
  const cached = unpackedKernel();
  if (cached !== undefined) return cached;
  fetchKernel();
  const fetched = unpackedKernel();
  if (fetched === undefined) throw new Unavailable(`${PACKAGE} holds no kernel`);
  return fetched;
}

function unpackedKernel() {
  const boot = join(CACHE, 'kernel', 'boot');
  const image = existsSync(boot) ? readdirSync(boot)[0] : undefined;
  if (image === undefined) return undefined;
  const version = image.replace(/^vmlinuz-/, '');
  return {
    image: join(boot, image),
    modules: join(CACHE, 'kernel', 'lib', 'modules', version, 'kernel'),
  };
}

function fetchKernel() {
  const name = kernelPackage();
  const work = join(CACHE, 'fetching');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(join(work, 'kernel'), { recursive: true });
  // As root apt would rather download as another user, who may not write here.
  output(['apt-get', '-qq', '-o', 'APT::Sandbox::User=root', 'download', name], work);
  const deb = readdirSync(work).find((file) => file.endsWith('.deb'));
  if (deb === undefined) throw new Unavailable(`apt-get download ${name} brought nothing`);
  const tar = output(['dpkg-deb', '--fsys-tarfile', deb], work);
  output(['tar', '-x', '-C', 'kernel', '--wildcards', ...PARTS], work, tar);
  rmSync(join(CACHE, 'kernel'), { recursive: true, force: true });
  // Only what is whole gets the name under which it is looked for.
  renameSync(join(work, 'kernel'), join(CACHE, 'kernel'));
  rmSync(work, { recursive: true, force: true });
}

/** The metapackage depends on the newest kernel. */
function kernelPackage() {
  const lines = output(['apt-cache', 'depends', PACKAGE], ROOT).toString().split('\n');
  const name = lines
    .map((line) => line.trim().split(/\s+/).at(-1))
    .find((word) => KERNEL_NAME.test(word));
  if (name === undefined) throw new Unavailable(`apt knows no ${PACKAGE}`);
  return name;
}

/** Modules that these need and then themselves, each once, in an order in which they can be loaded. */
export function moduleFiles(folder, names) {
  const byName = new Map(
    readdirSync(folder, { recursive: true })
      .filter((file) => file.endsWith('.ko'))
      .map((file) => [moduleName(file), join(folder, file)]),
  );
  const ordered = new Map();
  const add = (name) => {
    const file = byName.get(name);
    if (file === undefined) throw new Unavailable(`this kernel has no module ${name}`);
    if (ordered.has(name)) return;
    for (const needed of neededBy(file)) add(needed);
    ordered.set(name, file);
  };
  for (const name of names) add(name);
  return [...ordered.values()];
}

function moduleName(file) {
  return basename(file, '.ko').replaceAll('-', '_');
}

/** Each module holds `depends=a,b` among the NUL-terminated strings of its section .modinfo. */
function neededBy(file) {
  const [, list = ''] = /(?:^|\0)depends=([^\0]*)\0/.exec(readFileSync(file, 'latin1')) ?? [];
  return list
    .split(',')
    .filter(Boolean)
    .map((name) => name.replaceAll('-', '_'));
}

function output([program, ...args], cwd, input) {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    input,
    maxBuffer: 2 ** 30,
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (status === 0) return stdout;
  const said = error?.message ?? stderr?.toString().trim().split('\n').at(-1);
  throw new Unavailable(`${program} ${args.at(-1)}: ${said}`);
}
