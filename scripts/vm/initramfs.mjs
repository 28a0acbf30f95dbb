/**
 * The first root of the guest: busybox, the modules, and a script that goes over to the host's own
 * files, read-only below a layer in memory. Written here, for the format is simpler than its tools:
 * Documentation/driver-api/early-userspace/buffer-format.rst.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gzipSync } from 'node:zlib';

const INIT = `#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
for module in MODULES; do insmod /modules/$module || echo "cannot load $module"; done
shared=trans=virtio,version=9p2000.L,msize=512000
mount -t 9p -o $shared,ro,cache=loose root /lower
mount -t tmpfs -o size=512m memory /upper
mkdir /upper/files /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work root /new
for each in proc sys dev; do mount --move /$each /new/$each; done
mkdir -p /new/dev/pts /new/dev/shm
mount -t devpts devpts /new/dev/pts
mount -t tmpfs shm /new/dev/shm
mount -t tmpfs -o mode=755 run /new/run
ln -s /proc/self/fd /new/dev/fd
mkdir -p /new/run/job /new/memory
mount -t tmpfs memory /new/memory
mount -t 9p -o $shared job /new/run/job
exec switch_root /new /bin/sh /run/job/start
`;

const FOLDERS = ['bin', 'dev', 'lower', 'modules', 'new', 'proc', 'sys', 'upper'];
const FOLDER = 0o040755;
const PROGRAM = 0o100755;

/** @returns the image, compressed */
export function initramfs(busybox, moduleFiles) {
  const names = moduleFiles.map((file) => basename(file)).join(' ');
  const entries = [
    ...FOLDERS.map((name) => entry(name, FOLDER)),
    entry('init', PROGRAM, Buffer.from(INIT.replace('MODULES', names))),
    entry('bin/busybox', PROGRAM, readFileSync(busybox)),
    ...moduleFiles.map((file) => entry(`modules/${basename(file)}`, PROGRAM, readFileSync(file))),
    entry('TRAILER!!!', 0),
  ];
  return gzipSync(Buffer.concat(entries), { level: 1 });
}

/** One file as `cpio -H newc` writes it. */
function entry(name, mode, content = Buffer.alloc(0)) {
  const fields = [0, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length + 1, 0];
  const numbers = fields.map((field) => field.toString(16).padStart(8, '0')).join('');
  const head = Buffer.from(`070701${numbers}${name}\0`, 'latin1');
  return Buffer.concat([padded(head), padded(content)]);
}

function padded(bytes) {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}
