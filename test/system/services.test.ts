import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import { waitFor } from '../../src/host/node/wait.js';
import { type Apache, startApache } from '../../src/lab/apache.js';
import { startApacheProxy } from '../../src/lab/apache-proxy.js';
import { type Lab, startLab } from '../../src/lab/lab.js';
import { startNginx } from '../../src/lab/nginx.js';
import type { LabNode } from '../../src/lab/node.js';
import { startEcho } from '../../src/lab/programs.js';
import { QUESTION_TOPOLOGY } from '../../src/lab/topology.js';
import { runTrial } from '../../src/trial/trial.js';
import { assertNothingLost, KEPT, losingNothing, type LoadPlace, NEW, underLoad } from './load.js';
import { assertRefused, hitless, LIMIT_MS, reloaded, stopInLab } from './support.js';

const ORIGINS = ['10.77.0.11:80', '10.77.0.12:80'];

interface Place extends LoadPlace {
  readonly lab: Lab;
  readonly service: 'nginx' | 'apache';
  readonly config: string;
  readonly pidFile: string;
}

interface Case {
  readonly service: Place['service'];
  readonly control: 'nginx -s reload' | 'apache2 -k graceful';
  /** Starts it with idle clients that are closed after each answer. */
  readonly start: (node: LabNode) => Promise<Pick<Place, 'config' | 'pidFile'>>;
  readonly keepAliveOn: (text: string) => string;
  readonly broken: (text: string) => string;
  readonly brokenSays: RegExp;
  readonly listen: (text: string, address: string) => string;
}

const CASES: readonly Case[] = [
  {
    service: 'nginx',
    control: 'nginx -s reload',
    start: async (node) => await startNginx(node, { origins: ORIGINS, keepaliveTimeout: '0' }),
    keepAliveOn: (text) => text.replace(/keepalive_timeout \S+;/, 'keepalive_timeout 60s;'),
    broken: (text) => `${text}\nfoo bar;\n`,
    brokenSays: /nginx refuses the configuration: unknown directive "foo" in .*nginx\.conf:\d+/,
    listen: (text, address) => text.replace('server {\n', `server {\n listen ${address};\n`),
  },
  {
    service: 'apache',
    control: 'apache2 -k graceful',
    start: async (node) => await startApacheProxy(node, { origins: ORIGINS, keepAlive: false }),
    keepAliveOn: (text) => text.replace('KeepAlive Off', 'KeepAlive On'),
    broken: (text) => `${text}\nFoo bar\n`,
    brokenSays: /Apache refuses the configuration: .*Syntax error on line \d+ of .*apache\.conf/,
    listen: (text, address) => `${text}\nListen ${address}\n`,
  },
];

async function startPlace(lab: Lab, { service, start }: Case): Promise<Place> {
  const lb = lab.node('lb');
  const nodes = ['origin1', 'origin2'].map((name) => lab.node(name));
  const origins: readonly Apache[] = await Promise.all(
    nodes.map(async (node) => await startApache(node)),
  );
  const urls = ['http://10.77.0.1/', 'http://[fd77::1]/'] as const;
  return { lab, client: lab.node('client'), lb, origins, urls, service, ...(await start(lb)) };
}

async function master({ pidFile }: Place): Promise<number> {
  return Number((await readFile(pidFile, 'utf8')).trim());
}

/** Pids, as the lab counts, of the master's children. */
async function workers(place: Place): Promise<readonly number[]> {
  const found = place.lab.processes().find(({ pidInLab }) => pidInLab === masterPid(place));
  assert.ok(found, 'the master lives');
  const text = await readFile(`/proc/${found.pid}/task/${found.pid}/children`, 'utf8');
  const pids = text.trim().split(' ').map(Number);
  return place.lab
    .processes()
    .flatMap(({ pid, pidInLab }) => (pids.includes(pid) ? [pidInLab] : []));
}

const masters = new Map<Place, number>();
function masterPid(place: Place): number {
  return masters.get(place) ?? 0;
}

async function withConfig(
  { config }: Place,
  change: (text: string) => string,
  act: () => Promise<void>,
): Promise<void> {
  const former = await readFile(config, 'utf8');
  assert.notEqual(change(former), former);
  await writeFile(config, change(former));
  try {
    await act();
  } finally {
    await writeFile(config, former);
  }
}

for (const one of CASES) {
  suite(`${one.service} under load`, () => {
    let place: Place;
    before(async () => {
      const lab = await startLab(QUESTION_TOPOLOGY);
      place = await startPlace(lab, one);
      masters.set(place, await master(place));
    });
    after(async () => {
      await place.lab.close();
    });
    const reload = async (...words: readonly string[]) =>
      await hitless(
        place,
        ...['reload', '--service', one.service, '--json', '--state-dir', `${place.lb.dir}/state`],
        ...(words.some((word) => word.startsWith('--pid')) ? [] : ['--pid-file', place.pidFile]),
        ...words,
      );

    test('new workers serve after a reload, and nginx loses nothing of clients that close each time', async () => {
      const old = await workers(place);
      const words = ['--service', one.service, '--wait', '--pid-file', place.pidFile];
      // Apache's own reload loses new connections now and then: it is refused unless that is allowed.
      const allowed = one.service === 'apache' ? ['--allow-loss'] : [];
      const { result: outcome, reports } = await underLoad(place, [NEW, KEPT], async () => {
        await reloaded(place, ...words, ...allowed);
        return await reloaded(place, ...words, ...allowed);
      });
      if (one.service === 'nginx') for (const report of reports) assertNothingLost(report);
      assert.equal(outcome.method, 'graceful');
      assert.equal(outcome.lossless, one.service === 'nginx');
      const now = await workers(place);
      assert.ok(outcome.newPids.every((pid) => now.includes(pid)));
      assert.ok(
        old.every((pid) => !now.includes(pid)),
        'the old workers have ended',
      );
      assert.equal(await master(place), masterPid(place));
    });

    test('its own command loses requests of keep-alive clients', async () => {
      const { report, reloads } = await runTrial({
        ...{ way: one.control, connections: 'keep-alive', stalled: false, ipv6: false },
        ...{ ratePerSecond: 1000, forMs: 8_000, everyMs: one.service === 'nginx' ? 100 : 1_500 },
      });
      assert.ok(reloads.every(({ ok }) => ok));
      assert.ok(report.lost['closed-reused'] > 0, JSON.stringify(report.lost));
    });

    test('a reload that would lose such requests is refused, with who, why and what to do', async () => {
      const pids = await workers(place);
      await withConfig(place, one.keepAliveOn, async () => {
        assertRefused(await reload(), {
          exit: 10,
          code: 'not-lossless',
          message: /requests of keep-alive clients .*: an old worker .* closes idle connections/,
          hint: /"hitless flip --service (nginx|apache)", or set .*--allow-loss/,
        });
      });
      assert.deepEqual(await workers(place), pids);
    });

    test('a broken configuration is refused with its place, and the old workers serve on', async () => {
      const pids = await workers(place);
      await losingNothing(place, [NEW], async () => {
        await withConfig(place, one.broken, async () => {
          assertRefused(await reload('--allow-loss'), {
            exit: 10,
            code: 'config-invalid',
            message: one.brokenSays,
            hint: /nothing was touched; .*check it again: \/usr\/sbin\/\S+ .*-t/,
          });
        });
      });
      assert.deepEqual(await workers(place), pids);
    });

    test('a port that another program has taken is refused, its owner named, and the old workers serve on', async () => {
      const pids = await workers(place);
      const echo = await startEcho(place.lb, 8081);
      await losingNothing(place, [NEW], async () => {
        const listen = (text: string) => one.listen(text, '[::]:8081');
        await withConfig(place, listen, async () => {
          assertRefused(await reload('--allow-loss'), {
            exit: 10,
            code: 'port-taken',
            message: new RegExp(
              `:8081 is taken by pid ${echo.process.pidInLab} \\(.*echo\\.js 8081`,
            ),
            hint: /free the address/,
          });
        });
      });
      await echo.process.stop({ signal: 'SIGKILL' });
      assert.deepEqual(await workers(place), pids);
    });

    test('an address that the machine does not have is refused, and the old workers serve on', async () => {
      const pids = await workers(place);
      await losingNothing(place, [NEW], async () => {
        const listen = (text: string) => one.listen(text, '10.9.9.9:81');
        await withConfig(place, listen, async () => {
          assertRefused(await reload('--allow-loss'), {
            ...{ exit: 10, code: 'config-invalid', message: /10\.9\.9\.9:81/, hint: /nothing was/ },
          });
        });
      });
      assert.deepEqual(await workers(place), pids);
    });

    test('a socket that cannot be bound after all is a failed reload, with the reason', async () => {
      if (one.service === 'apache') return;
      const pids = await workers(place);
      const path = `${place.lb.dir}/taken.sock`;
      await writeFile(path, '');
      await losingNothing(place, [NEW], async () => {
        await withConfig(
          place,
          (text) => one.listen(text, `unix:${path}`),
          async () => {
            assertRefused(await reload('--allow-loss'), {
              exit: 11,
              code: 'start-failed',
              message: /kept its old configuration: bind\(\) to unix:.*taken\.sock failed \(98/,
              hint: /old workers serve on/,
            });
          },
        );
      });
      assert.deepEqual(await workers(place), pids);
    });

    test('a master that is stopped is a failed reload', async () => {
      const pids = await workers(place);
      const stalled = await stopInLab(place, masterPid(place));
      try {
        assertRefused(await reload('--allow-loss', '--timeout', '2s'), {
          exit: 11,
          code: 'master-ignored',
          message: /no new worker within 2000 ms/,
          hint: /old workers serve on/,
        });
        assert.deepEqual(await workers(place), pids);
      } finally {
        stalled.resume();
      }
      // The signal was waiting for it.
      const replaced = async () =>
        (await workers(place)).some((pid) => pids.includes(pid)) ? undefined : true;
      assert.ok(await waitFor(replaced, { timeoutMs: LIMIT_MS }));
    });

    test('what names no such service, or several, is refused', async () => {
      if (one.service === 'apache') {
        const ran = await hitless(place, 'reload', '--service', 'apache', '--json');
        const message = /^3 of Apache are running:\n {2}\d+ {2}apache2 -d .*origin[12]/;
        assertRefused(ran, { ...{ exit: 10, code: 'target-ambiguous', message, hint: /--pid/ } });
      }
      const wrong = `${place.lb.dir}/wrong.pid`;
      await writeFile(wrong, '4194304\n');
      assertRefused(await reload('--pid-file', wrong), {
        ...{ exit: 10, code: 'target-gone', message: /names pid 4194304/, hint: /running\?/ },
      });
      assertRefused(await reload('--pid-file', `${wrong}.not`), {
        ...{ exit: 10, code: 'target-not-found', message: /there is no pid file/, hint: /--pid/ },
      });
      assertRefused(await reload('--pid', '1'), {
        ...{
          exit: 10,
          code: 'target-foreign',
          message: /pid 1, which is .* and not/,
          hint: /--service/,
        },
      });
      const other = one.service === 'nginx' ? 'apache' : 'nginx';
      const ran = await hitless(
        place,
        ...['reload', '--service', other, '--json', '--pid-file', place.pidFile],
      );
      assertRefused(ran, {
        ...{
          exit: 10,
          code: 'target-foreign',
          message: /and not (nginx|Apache)/,
          hint: /--service/,
        },
      });
      assertRefused(await reload('-f', '/etc/passwd'), {
        ...{ exit: 2, code: 'usage', message: /-f is for HAProxy/, hint: /reads its own files/ },
      });
      assertRefused(await hitless(place, 'reload', '--service', 'varnish', '--json'), {
        ...{ exit: 2, code: 'usage', message: /no service "varnish"/, hint: /nginx/ },
      });
    });
  });
}
