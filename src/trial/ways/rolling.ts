import { readFile } from 'node:fs/promises';
import { startRollingLab, type RollingLab } from '../../lab/rolling-lab.js';
import { runHitless } from './run-hitless.js';
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
  const words = [
    ...['rolling', '--port', '80', '--instances', ports, '--health', 'http:///', '--ndjson'],
    ...['--drain-timeout', '1s', '--state-dir', `${lb.dir}/hitless`, '--', ...reloadArgv],
  ];
  return await runHitless(lb, words, async (step) => {
    const instance = instances.find(({ port }) => step === `out-${port}`);
    if (!stalled || instance === undefined) return;
    const pid = await readFile(instance.haproxy.paths.pidFile, 'utf8');
    await stallForAMoment(lab, Number(pid.trim()));
  });
}
