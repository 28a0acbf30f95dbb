import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { type RollingLab, startRollingLab } from '../../src/lab/rolling-lab.js';
import { KEPT, type LoadSpec, losingNothing, NEW } from './load.js';
import { slowHandshakes } from './slow-handshakes.js';
import { assertRefused, hitless, linesOf, outcomeOf, startHitless } from './support.js';

let rolled: RollingLab;
before(async () => {
  rolled = await startRollingLab();
});
after(async () => {
  await rolled.lab.close();
});

const IPV6: LoadSpec = { connections: 'new', url: 'http://[fd77::1]/' };
const FLAGS = ['--port', '80', '--instances', '8081,8082,8083', '--health', 'http:///'];

function words(...more: readonly string[]): readonly string[] {
  const drain = ['--drain-timeout', '1s', '--json', '--timeout', '5s'];
  return ['rolling', ...FLAGS, ...drain, ...more, '--', ...rolled.reloadArgv];
}

/** The ports that new connections are spread over, IPv4 and IPv6. */
async function members(): Promise<readonly string[]> {
  const { stdout } = await rolled.lb.run(['nft', 'list', 'table', 'inet', 'hitless_rolling']);
  return [...stdout.matchAll(/mod \d+ map \{ (.*) \}/g)].map(([, places = '']) =>
    places.replaceAll(/\d+ : /g, ''),
  );
}

test('a dry run shows the rotation and touches nothing', async () => {
  const ran = await hitless(rolled, ...words('--dry-run'));
  assert.equal(ran.code, 0, ran.stderr);
  const ids = outcomeOf(ran).plan?.handOver.map(({ kind }) => kind);
  assert.deepEqual(ids?.slice(0, 4), ['set-rotation', 'set-rotation', 'drain-port', 'run-command']);
  assert.deepEqual(await members(), []);
});

test('a service is taken into rotation and rolled, and no client loses anything', async () => {
  await losingNothing(rolled, [NEW, IPV6, { ...KEPT, rate: 100 }], async () => {
    const ran = await hitless(rolled, ...words());
    assert.equal(ran.code, 0, ran.stderr);
  });
  assert.deepEqual(await members(), ['8081, 8082, 8083', '8081, 8082, 8083']);
});

test('clients who were shaking hands when the rotation was set up stay with who had answered them', async () => {
  const other = await startRollingLab();
  try {
    await losingNothing(other, [NEW, IPV6], async () => {
      await slowHandshakes(other.client, 'answers');
      const ran = await hitless(other, 'rolling', ...FLAGS, '--json', '--', 'true');
      assert.equal(ran.code, 0, ran.stderr);
    });
  } finally {
    await other.lab.close();
  }
});

test('an instance that its reload command fails for stays in when it serves, and nothing is lost', async () => {
  const config = rolled.instances[1]?.haproxy.paths.config ?? '';
  const text = await readFile(config, 'utf8');
  await losingNothing(rolled, [NEW, IPV6], async () => {
    await writeFile(config, `${text}\nfoo\n`);
    assertRefused(await hitless(rolled, ...words()), {
      exit: 11,
      code: 'step-failed',
      message: /reload\.sh .* 8082 failed \(exit code 1\)/,
      hint: /stays out, the others serve/,
    });
  });
  // HAProxy refused its file, and the one that ran goes on.
  assert.deepEqual(await members(), ['8081, 8082, 8083', '8081, 8082, 8083']);
  await writeFile(config, text);
});

test('an instance that is gone after its reload stays out, the rest serve, and nothing is lost', async () => {
  const stopOne = ['sh', '-c', `test $1 != 8082 || kill $(cat "$0/instance-$1/haproxy.pid")`];
  const command = [...stopOne, rolled.lb.dir, '{port}'];
  const all = words('--timeout', '2s');
  const argv = [...all.slice(0, all.indexOf('--') + 1), ...command];
  await losingNothing(rolled, [NEW, IPV6], async () => {
    assertRefused(await hitless(rolled, ...argv), {
      exit: 11,
      code: 'not-confirmed',
      message: /the instance on port 8082 is not healthy: .*ECONNREFUSED/,
      hint: /it stays out, the others serve/,
    });
  });
  assert.deepEqual(await members(), ['8081, 8083', '8081, 8083']);
  const paths = rolled.instances[1]?.haproxy.paths;
  await rolled.lb.must(['haproxy', '-D', '-f', paths?.config ?? '', '-p', paths?.pidFile ?? '']);
  assert.equal((await hitless(rolled, ...words())).code, 0);
  assert.deepEqual(await members(), ['8081, 8082, 8083', '8081, 8082, 8083']);
});

test('hitless killed at any step is put right by recover: all who are healthy take connections', async (t) => {
  await losingNothing(rolled, [NEW, IPV6], async () => {
    for (const instant of ['out-8081 done', 'reload-8082 begun', 'confirm-8083 done'] as const) {
      await t.test(instant, async () => {
        const child = await startHitless(rolled, ...words('--ndjson'));
        let killed = false;
        await linesOf(child, (line) => {
          const { step, state } = JSON.parse(line) as { step?: string; state?: string };
          if (!killed && `${step} ${state}` === instant) killed = child.kill('SIGKILL');
        });
        await child.exited;
        assert.ok(killed);
        const { code, stderr } = await hitless(rolled, 'recover');
        assert.equal(code, 0, stderr);
        assert.deepEqual(await members(), ['8081, 8082, 8083', '8081, 8082, 8083']);
      });
    }
  });
});
