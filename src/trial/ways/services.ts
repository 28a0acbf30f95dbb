import { readFile, writeFile } from 'node:fs/promises';
import { hitlessArgv } from '../../entry-points.js';
import { startApache } from '../../lab/apache.js';
import { startApacheProxy } from '../../lab/apache-proxy.js';
import { startLab } from '../../lab/lab.js';
import { startNginx } from '../../lab/nginx.js';
import type { LabNode } from '../../lab/node.js';
import { QUESTION_TOPOLOGY } from '../../lab/topology.js';
import { stallForAMoment } from './stalled.js';
import type { Said, Stage, StageOptions, Way } from './way.js';

const CLOSES_KEPT =
  'workers that finish close kept connections under requests that are on their way';

const LOSES_NEW = 'the reload of Apache itself loses new connections now and then under load';

/** nginx or Apache in the place of HAProxy, its own reload and hitless's. */
export const nginxControl: Way = { control: true, start: serviceStage('nginx', ownReload) };
export const gracefulNginx: Way = {
  control: false,
  start: serviceStage('nginx', hitlessReload),
  refusedFor: { 'keep-alive': CLOSES_KEPT, mixed: CLOSES_KEPT },
};
export const apacheControl: Way = { control: true, start: serviceStage('apache', ownReload) };
export const gracefulApache: Way = {
  control: false,
  start: serviceStage('apache', hitlessReload),
  refusedFor: { new: LOSES_NEW, 'keep-alive': CLOSES_KEPT, mixed: CLOSES_KEPT },
};

type Name = 'nginx' | 'apache';

interface Proxy {
  readonly name: Name;
  readonly node: LabNode;
  readonly config: string;
  readonly pidFile: string;
  readonly argv: readonly string[];
}

const RELOAD_TIMEOUT_MS = 60_000;
const ORIGINS = ['10.77.0.11:80', '10.77.0.12:80'];

function serviceStage(
  name: Name,
  reload: (proxy: Proxy) => Promise<Said>,
): (options: StageOptions) => Promise<Stage> {
  return async (options) => {
    const lab = await startLab(QUESTION_TOPOLOGY, options);
    try {
      const node = lab.node('lb');
      const nodes = ['origin1', 'origin2'].map((origin) => lab.node(origin));
      await Promise.all(nodes.map(async (origin) => await startApache(origin, options)));
      const start = name === 'nginx' ? startNginx : startApacheProxy;
      const proxy = { name, node, ...(await start(node, { origins: ORIGINS, ...options })) };
      return {
        lab,
        client: lab.node('client'),
        proxy: node,
        urls: ['http://10.77.0.1/', 'http://[fd77::1]/'],
        references: ORIGINS.map((origin) => `http://${origin.replace(/:80$/, '')}/`),
        reload: async (turn, stalled) => {
          await change(proxy, turn);
          const master = Number((await readFile(proxy.pidFile, 'utf8')).trim());
          const stalling = stalled ? stallForAMoment(lab, master) : undefined;
          const said = await reload(proxy);
          await stalling;
          return said;
        },
      };
    } catch (error) {
      await lab.close();
      throw error;
    }
  };
}

/** The balancing algorithm, back and forth. */
async function change({ name, config }: Proxy, turn: number): Promise<void> {
  const text = await readFile(config, 'utf8');
  const other = turn % 2 === 0;
  const changed =
    name === 'nginx'
      ? text.replace(
          /upstream web \{( least_conn;)?/,
          `upstream web {${other ? ' least_conn;' : ''}`,
        )
      : text.replace(/lbmethod=\w+/, `lbmethod=${other ? 'bytraffic' : 'byrequests'}`);
  await writeFile(config, changed);
}

/** As their manuals say. */
async function ownReload({ name, node, argv }: Proxy): Promise<Said> {
  const words = name === 'nginx' ? ['-s', 'reload'] : ['-k', 'graceful'];
  const { code, stderr } = await node.run([...argv, ...words], { timeoutMs: RELOAD_TIMEOUT_MS });
  return { ok: code === 0, said: stderr };
}

async function hitlessReload({ name, node, pidFile }: Proxy): Promise<Said> {
  const argv = hitlessArgv(
    ...['reload', '--service', name, '--pid-file', pidFile, '--allow-loss', '--ndjson'],
    ...['--state-dir', `${node.dir}/hitless`],
  );
  const { code, stderr } = await node.run(argv, { timeoutMs: RELOAD_TIMEOUT_MS });
  return { ok: code === 0, said: stderr };
}
