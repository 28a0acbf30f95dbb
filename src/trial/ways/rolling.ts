import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { hitlessArgv } from '../../entry-points.js';
import { startRollingLab, type RollingLab } from '../../lab/rolling-lab.js';
import { stallForAMoment } from './stalled.js';
import type { Said, Way } from './way.js';

/** `hitless rolling` of three HAProxys, each reloaded by a bare `haproxy -sf`. */
export const rollingWay: Way = {
  control: false,
  start: async (options) => {
    const rolled = await startRollingLab(options);
    const { lab, client, lb, urls, origins } = rolled;
    // The rotation is there before the load: the first roll would have set it up.
    const { ok, said } = await roll(rolled, false);
    if (!ok) {
      await lab.close();
      throw new Error(said);
    }
    return {
      lab,
      client,
      proxy: lb,
      urls,
      references: origins.map((_, at) => `http://10.77.0.1${at + 1}/`),
      reload: async (_turn, stalled) => await roll(rolled, stalled),
    };
  },
};

async function roll(rolled: RollingLab, stalled: boolean): Promise<Said> {
  const { lb, lab, instances, reloadArgv } = rolled;
  const ports = instances.map(({ port }) => port).join(',');
  const argv = hitlessArgv(
    ...['rolling', '--port', '80', '--instances', ports, '--health', 'http:///', '--ndjson'],
    ...['--drain-timeout', '1s', '--state-dir', `${lb.dir}/hitless`, '--', ...reloadArgv],
  );
  const child = await lb.start(argv, { name: 'hitless', stdio: 'pipe' });
  const said: string[] = [];
  const stalls: Promise<void>[] = [];
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString('utf8')));
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    const { step = '', state } = JSON.parse(line) as { step?: string; state?: string };
    const instance = instances.find(({ port }) => step === `out-${port}`);
    if (!stalled || state !== 'begun' || instance === undefined) return;
    stalls.push(
      readFile(instance.haproxy.paths.pidFile, 'utf8').then(
        async (pid) => await stallForAMoment(lab, Number(pid.trim())),
      ),
    );
  });
  const { code } = await child.exited;
  await Promise.all(stalls);
  return { ok: code === 0, said: said.join('') };
}
