import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import { waitFor } from '../../src/host/node/wait.js';
import { startApache } from '../../src/lab/apache.js';
import { startApacheProxy } from '../../src/lab/apache-proxy.js';
import { type Lab, startLab } from '../../src/lab/lab.js';
import { startNginx } from '../../src/lab/nginx.js';
import type { LabNode } from '../../src/lab/node.js';
import { QUESTION_TOPOLOGY } from '../../src/lab/topology.js';
import { KEPT, type LoadPlace, losingNothing, NEW, type LoadSpec } from './load.js';
import { assertRefused, hitless, LIMIT_MS, outcomeOf } from './support.js';

const ORIGINS = ['10.77.0.11:80', '10.77.0.12:80'];
const IPV6: LoadSpec = { connections: 'new', url: 'http://[fd77::1]/' };

interface Place extends LoadPlace {
  readonly lab: Lab;
  readonly config: string;
  readonly pidFile: string;
}

interface Case {
  readonly service: 'nginx' | 'apache';
  readonly program: string;
  readonly start: (node: LabNode) => Promise<Pick<Place, 'config' | 'pidFile'>>;
  readonly broken: (text: string) => string;
  readonly brokenSays: RegExp;
}

const CASES: readonly Case[] = [
  {
    service: 'nginx',
    program: 'nginx',
    start: async (node) => await startNginx(node, { origins: ORIGINS }),
    broken: (text) => `${text}\nfoo bar;\n`,
    brokenSays: /unknown directive "foo" in .*:\d+/,
  },
  {
    service: 'apache',
    program: 'apache2',
    start: async (node) => await startApacheProxy(node, { origins: ORIGINS }),
    broken: (text) => `${text}\nFoo bar\n`,
    brokenSays: /Syntax error on line \d+ of/,
  },
];

async function startPlace({ start }: Case): Promise<Place> {
  const lab = await startLab(QUESTION_TOPOLOGY);
  const nodes = ['origin1', 'origin2'].map((name) => lab.node(name));
  const origins = await Promise.all(nodes.map(async (node) => await startApache(node)));
  const lb = lab.node('lb');
  const urls = ['http://10.77.0.1/', 'http://[fd77::1]/'] as const;
  return { lab, client: lab.node('client'), lb, origins, urls, ...(await start(lb)) };
}

/** Masters of the service on the balancer: the origins' Apaches are on other nodes. */
async function masters({ lb, lab }: Place, program: string): Promise<readonly number[]> {
  const named = lab.processes().filter(({ argv }) => argv[0]?.includes(program) === true);
  const [here, ...nets] = await Promise.all(
    ['self', ...named.map(({ pidInLab }) => String(pidInLab))].map(async (pid) => {
      const { stdout } = await lb.run(['readlink', `/proc/${pid}/ns/net`]);
      return stdout.trim();
    }),
  );
  const ours = named.filter((_, at) => nets[at] === here).map(({ pidInLab }) => pidInLab);
  const parents = await Promise.all(
    ours.map(async (pid) =>
      Number((await lb.run(['ps', '-o', 'ppid=', '-p', String(pid)])).stdout),
    ),
  );
  return ours.filter((_, at) => !ours.includes(parents[at] ?? 0));
}

for (const one of CASES) {
  suite(`flip of ${one.service}`, () => {
    let place: Place;
    before(async () => {
      place = await startPlace(one);
    });
    after(async () => {
      await place.lab.close();
    });
    const flip = async (...words: readonly string[]) => {
      const [pid] = await masters(place, one.program);
      return await hitless(
        place,
        ...['flip', '--service', one.service, '--health', 'http:///'],
        ...['--pid', String(pid), '--json'],
        ...['--state-dir', `${place.lb.dir}/state`, ...words],
      );
    };

    test('a configuration that is wrong is refused, and the old instance serves on', async () => {
      const former = await readFile(place.config, 'utf8');
      const running = await masters(place, one.program);
      await writeFile(place.config, one.broken(former));
      await losingNothing(place, [NEW], async () =>
        assertRefused(await flip(), {
          exit: 10,
          code: 'config-invalid',
          message: one.brokenSays,
          hint: /nothing was touched/,
        }),
      );
      await writeFile(place.config, former);
      assert.deepEqual(await masters(place, one.program), running);
    });

    const flipped = async (...words: readonly string[]): Promise<number> => {
      const ran = await flip(...words);
      assert.equal(ran.code, 0, `${ran.stderr}\n${ran.stdout}`);
      const { newPids, method } = outcomeOf(ran);
      assert.equal(method, 'flip');
      return newPids[0] ?? 0;
    };

    test('three flips lose no new connection over IPv4 and IPv6, and leave one instance', async () => {
      const pids = await losingNothing(place, [NEW, IPV6], async () => {
        const each = [await flipped(), await flipped()];
        return [...each, await flipped('--wait')];
      });
      assert.equal(new Set(pids).size, pids.length, 'each time another instance');
      // The first one ends by itself, and is not waited for by the last flip.
      await onlyOneLeft();
      assert.deepEqual(await masters(place, one.program), [pids.at(-1)]);
    });

    const onlyOneLeft = async (): Promise<void> => {
      const left = async () => (await masters(place, one.program)).length === 1 || undefined;
      await waitFor(left, { timeoutMs: LIMIT_MS });
    };

    test('clients that stay connected are served by the old instance, which ends when they have left', async () => {
      const pid = await losingNothing(place, [KEPT], async () => await flipped());
      await onlyOneLeft();
      assert.deepEqual(await masters(place, one.program), [pid]);
    });
  });
}
