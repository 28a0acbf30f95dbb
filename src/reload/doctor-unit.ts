import { parseUnit, type Unit } from '../doctor/unit.js';
import type { ConfigFile } from '../haproxy/config-files.js';
import type { Host } from '../host/host.js';

/** Where systemd looks, first come first served (systemd.unit(5)). */
const FOLDERS = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
];

/** As distributions name it, and where its configuration lies. */
const USUAL = { unit: 'haproxy.service', folder: '/etc/haproxy/' };

/**
 * The unit that started the process, else the usual one where its usual files are meant.
 *
 * @param pid of the process that systemd started; undefined when none runs
 */
export async function readUnit(
  host: Host,
  pid: number | undefined,
  files: readonly ConfigFile[],
): Promise<Unit | null> {
  const isUsual = files.some(({ absolutePath }) => absolutePath.startsWith(USUAL.folder));
  const name = pid === undefined ? (isUsual ? USUAL.unit : undefined) : await unitOf(host, pid);
  if (name === undefined) return null;
  for (const folder of FOLDERS) {
    const text = await readText(host, `${folder}/${name}`);
    if (text !== undefined)
      return parseUnit(`${folder}/${name}`, [text, ...(await dropIns(host, name))]);
  }
  return null;
}

/** By the control group of the process: `0::/system.slice/haproxy.service`. */
async function unitOf(host: Host, pid: number): Promise<string | undefined> {
  const groups = (await readText(host, `/proc/${pid}/cgroup`)) ?? '';
  return /\/system\.slice\/(?:.*\/)?([^/\n]+\.service)/.exec(groups)?.[1];
}

async function dropIns(host: Host, name: string): Promise<readonly string[]> {
  const texts: string[] = [];
  for (const folder of [...FOLDERS].reverse()) {
    const names = await host.files.list(`${folder}/${name}.d`).catch(() => []);
    for (const each of names.filter((one) => one.endsWith('.conf'))) {
      texts.push((await readText(host, `${folder}/${name}.d/${each}`)) ?? '');
    }
  }
  return texts;
}

async function readText(host: Host, path: string): Promise<string | undefined> {
  const content = await host.files.read(path).catch(() => undefined);
  return content?.toString('utf8');
}
