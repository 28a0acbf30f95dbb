/** A guest under QEMU that runs one command in the host's own files, and ends. */
import { spawn } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianKernel, moduleFiles, Unavailable } from './kernel.mjs';
import { initramfs } from './initramfs.mjs';

const QEMU = 'qemu-system-x86_64';
/** Folder of a guest: its initramfs, its command, what that printed. The pid of its program follows. */
const JOB = 'hitless-vm-';

/** Loaded at boot: the host need not have the program that the kernel would load them with. */
const MODULES = [
  ...['virtio_pci', '9pnet_virtio', '9p', 'overlay'],
  ...['veth', 'bridge', 'ifb', 'tcp_diag', 'unix_diag', 'crc32c_generic', 'nf_tables'],
  ...['sch_prio', 'sch_plug', 'sch_ingress', 'sch_netem', 'cls_flower', 'act_mirred'],
];

const LOOK_EVERY_MS = 500;
const PT_INTERP = 3;

const START = `
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
TMPDIR=/memory HOME=/memory LANG=C.UTF-8
export PATH TMPDIR HOME LANG
ip link set lo up
/bin/sh /run/job/command >/run/job/out 2>&1
echo $? >/run/job/code
sync
busybox poweroff -f
`;

/**
 * @param {readonly string[]} argv
 * @param onLine called with each line that the command prints
 * @returns its exit code and what it printed
 * @throws Unavailable when there can be no guest here; Error when it did not come to an end
 */
export async function runInGuest(argv, { cwd, timeoutMs, onLine = () => undefined }) {
  const qemu = programNamed(QEMU);
  const busybox = programNamed('busybox');
  if (!isStatic(busybox))
    throw new Unavailable(`${busybox} needs libraries: install busybox-static`);
  const { image, modules } = debianKernel();
  sweep();
  const job = mkdtempSync(join(tmpdir(), `${JOB}${process.pid}-`));
  try {
    writeFileSync(join(job, 'initramfs'), initramfs(busybox, moduleFiles(modules, MODULES)));
    writeFileSync(join(job, 'start'), START);
    writeFileSync(
      join(job, 'command'),
      `cd ${quoted(cwd)} && exec ${argv.map(quoted).join(' ')}\n`,
    );
    const tail = follow(join(job, 'out'), onLine);
    const console = await power(qemu, image, job, timeoutMs).finally(tail.end);
    const read = (name) =>
      existsSync(join(job, name)) ? readFileSync(join(job, name), 'utf8') : undefined;
    const code = read('code');
    const out = read('out') ?? '';
    if (code === undefined)
      throw new Error(`the guest did not come to an end:\n${console}\n${out}`);
    return { code: Number(code), out, console };
  } finally {
    rmSync(job, { recursive: true, force: true });
  }
}

/** What programs that were killed have left; their guests have ended with them. */
function sweep() {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(JOB)) continue;
    const pid = Number(name.slice(JOB.length).split('-')[0]);
    if (!existsSync(`/proc/${pid}`)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function power(qemu, image, job, timeoutMs) {
  const share = (tag, path, more) => [
    '-virtfs',
    `local,id=${tag},mount_tag=${tag},path=${path},security_model=none${more}`,
  ];
  const child = spawn(
    'setpriv',
    [
      // A guest must not go on when whoever has started it is killed.
      ...['--pdeathsig', 'KILL', qemu],
      // Time in the guest is what it has executed: a busy host makes it slow, not late.
      ...['-accel', 'tcg,thread=single,tb-size=256', '-icount', 'shift=0,sleep=on'],
      ...['-smp', '1', '-machine', 'q35', '-cpu', 'Nehalem', '-m', '1024'],
      ...['-kernel', image, '-initrd', join(job, 'initramfs')],
      ...['-append', 'console=ttyS0 quiet loglevel=3 panic=-1 mitigations=off random.trust_cpu=on'],
      ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
      ...['-serial', 'stdio', '-monitor', 'none', '-nic', 'none'],
      ...share('root', '/', ',readonly=on,multidevs=remap'),
      ...share('job', job, ''),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  let console = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece) => {
      console += piece;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(timer);
      process.off('exit', end);
      resolve(console);
    });
  });
}

/** Calls back with each whole line of a file that grows; what is left at its end too. */
function follow(file, onLine) {
  let seen = 0;
  const look = () => {
    if (!existsSync(file)) return;
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    for (const line of lines.slice(seen)) onLine(line);
    seen = lines.length;
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    end: () => {
      clearInterval(timer);
      look();
    },
  };
}

/** No program header of type PT_INTERP (elf(5)): nothing else has to be there for it to run. */
function isStatic(file) {
  const elf = readFileSync(file);
  const [at, size, count] = [
    Number(elf.readBigUInt64LE(32)),
    elf.readUInt16LE(54),
    elf.readUInt16LE(56),
  ];
  return Array.from({ length: count }, (_, n) => elf.readUInt32LE(at + n * size)).every(
    (type) => type !== PT_INTERP,
  );
}

function programNamed(name) {
  const folders = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`.split(':').filter(Boolean);
  for (const folder of folders) {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      // The next folder may have it.
    }
  }
  throw new Unavailable(`${name} is not installed`);
}

function quoted(word) {
  return `'${String(word).replaceAll("'", `'\\''`)}'`;
}
