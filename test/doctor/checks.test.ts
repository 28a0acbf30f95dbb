import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnoseReloads, isProblem } from '../../src/doctor/diagnose.js';
import type { DoctorFacts } from '../../src/doctor/facts.js';
import { CHECKS } from '../../src/doctor/registry.js';
import { parseUnit } from '../../src/doctor/unit.js';
import { nginxSettings } from '../../src/services/nginx-settings.js';
import { facts, GOOD, RUNNING, version } from './facts.js';

type Change = Parameters<typeof facts>[0];

const without = (line: string): Change => ({ text: GOOD.replace(`  ${line}\n`, '') });
const withGlobal = (line: string): Change => ({ text: GOOD.replace('  daemon\n', `  ${line}\n`) });
const withBind = (bind: string): Change => ({ text: GOOD.replace('bind :80', `bind ${bind}`) });
const withServer = (line: string): Change => ({ text: `${GOOD}  ${line}\n` });
const UNPASSED = { text: GOOD.replace(' expose-fd listeners', '') };

function withSysctl(name: string, value: string): Change {
  const { host } = facts();
  return { host: { ...host, sysctls: new Map([...host.sysctls, [name, value]]) } };
}

function withTraffic(traffic: Partial<DoctorFacts['traffic']>): Change {
  return { traffic: { ...facts().traffic, ...traffic } };
}

const UNIT = `[Service]
ExecStart=/usr/sbin/haproxy -Ws -f /etc/haproxy/haproxy.cfg
ExecReload=/usr/sbin/haproxy -Ws -f /etc/haproxy/haproxy.cfg -c -q
ExecReload=/bin/kill -USR2 $MAINPID
KillMode=mixed
Type=notify
`;
const withUnit = (text: string): Change => ({ unit: parseUnit('/lib/haproxy.service', [text]) });

const dnat = {
  chains: [{ family: 'ip', table: 'nat', name: 'pre', type: 'nat', hook: 'prerouting' }],
  rules: [{ family: 'ip', table: 'nat', chain: 'pre', expr: [portIs(80), { dnat: {} }] }],
};

function portIs(port: number): Record<string, unknown> {
  return {
    match: { op: '==', left: { payload: { protocol: 'tcp', field: 'dport' } }, right: port },
  };
}
const isSyn = {
  match: { op: '==', left: { payload: { protocol: 'tcp', field: 'flags' } }, right: 'syn' },
};

function withNginx(text: string): Change {
  return { config: null, nginx: { settings: nginxSettings(text), workers: 4, subject: 'pid 9' } };
}

function withMembers(count: number): Change {
  const value = 'http://10.0.0.1';
  const directives = Array.from({ length: count }, () => ({ name: 'BalancerMember', value }));
  return {
    config: null,
    apache: { directives, keepsIdleClients: false, log: '', subject: 'pid 9' },
  };
}

function withApache(values: Readonly<Record<string, string>>, log = '', keeps = false): Change {
  const directives = Object.entries(values).map(([name, value]) => ({ name, value }));
  return { config: null, apache: { directives, keepsIdleClients: keeps, log, subject: 'pid 9' } };
}

const MASTER = { mode: 'master-worker' } as const;
const PEERS = { text: `${GOOD}peers p\n  bind 127.0.0.1:10000\n  server me\n` };

/** For every check what it has to find, and something like it that it must not. */
const CASES: Readonly<Record<string, readonly [has: Change, hasNot: Change]>> = {
  'idle-close': [
    without('option idle-close-on-response'),
    { text: GOOD.replace('mode http', 'mode tcp') },
  ],
  'keep-alive-behind-proxy': [withBind(':80 accept-proxy'), withBind(':80')],
  'server-reuse': [
    withServer('http-reuse always'),
    withServer('http-reuse always\n  retry-on conn-failure'),
  ],
  'expose-fd': [UNPASSED, { ...UNPASSED, ...MASTER }],
  'admin-socket': [{ text: GOOD.replace('level admin', 'level user') }, {}],
  'hard-stop-after': [without('hard-stop-after 1h'), {}],
  'hard-stop-short': [
    { text: GOOD.replace('hard-stop-after 1h', 'hard-stop-after 30s') },
    { text: GOOD.replace('hard-stop-after 1h', 'hard-stop-after 2h') },
  ],
  'max-reloads': [MASTER, { ...MASTER, ...withGlobal('mworker-max-reloads 5') }],
  nbproc: [withGlobal('nbproc 4'), withGlobal('nbproc 1')],
  grace: [withGlobal('grace 5s'), {}],
  'bind-ipv6': [withBind('fd00::1:80'), withBind('fd00::1:80 v6only')],
  'bind-quic': [withBind('quic4@:443'), withBind(':443')],
  'bind-shards': [withBind(':80 shards by-thread'), withBind(':80 shards 1')],
  'bind-unix': [{ text: UNPASSED.text.replace('bind :80', 'bind /run/w') }, withBind('/run/w')],
  'bind-interface': [withBind(':80 interface tun0'), {}],
  noreuseport: [withGlobal('noreuseport'), withGlobal('no noreuseport')],
  'state-not-loaded': [without('load-server-state-from-file global'), {}],
  'state-without-file': [without('server-state-file /var/state'), {}],
  'state-file-missing': [
    { stateFiles: facts().stateFiles.map((one) => ({ ...one, modifiedMs: null })) },
    {},
  ],
  'state-file-stale': [
    { stateFiles: facts().stateFiles.map((one) => ({ ...one, modifiedMs: 400 })) },
    { stateFiles: facts().stateFiles.map((one) => ({ ...one, modifiedMs: 4_000 })) },
  ],
  'health-forgotten': [
    without('load-server-state-from-file global'),
    { text: GOOD.replace('  load-server-state-from-file global\n', '').replace(' check', '') },
  ],
  'stick-table-peers': [
    withServer('stick-table type ip size 1m'),
    withServer('stick-table type ip size 1m peers p'),
  ],
  'open-files': [
    { running: { ...RUNNING, openFiles: 1_024 } },
    { running: { ...RUNNING, openFiles: 1_024 }, ...withGlobal('ulimit-n 4000') },
  ],
  'file-max': [withSysctl('fs.file-max', '4000'), {}],
  memory: [{ running: { ...RUNNING, residentBytes: 900_000_000 } }, {}],
  'tcp-migrate-req': [UNPASSED, { ...UNPASSED, ...withSysctl('net.ipv4.tcp_migrate_req', '1') }],
  somaxconn: [withSysctl('net.core.somaxconn', '128'), {}],
  'abort-on-overflow': [withSysctl('net.ipv4.tcp_abort_on_overflow', '1'), {}],
  'syn-backlog': [withSysctl('net.ipv4.tcp_max_syn_backlog', '128'), {}],
  'conntrack-full': [withSysctl('net.netfilter.nf_conntrack_count', '900'), {}],
  'conntrack-loose': [
    withTraffic({ ruleset: { tables: [], maps: [], ...dnat } }),
    {
      ...withTraffic({ ruleset: { tables: [], maps: [], ...dnat } }),
      running: { ...RUNNING, ports: [81] },
    },
  ],
  'unit-no-reload': [withUnit(`${UNIT}ExecReload=\n`), withUnit(UNIT)],
  'unit-reload-unchecked': [withUnit(UNIT.replace(' -c -q', '')), withUnit(UNIT)],
  'unit-type': [withUnit(UNIT.replace('Type=notify', 'Type=forking')), withUnit(UNIT)],
  'unit-kill-mode': [withUnit(UNIT.replace('KillMode=mixed', '')), withUnit(UNIT)],
  'failed-reloads': [{ running: { ...RUNNING, failedReloads: 2 } }, { running: null }],
  'old-workers': [
    { running: { ...RUNNING, draining: [1, 2, 3, 4].map((pid) => ({ pid, ageMs: 1 })) } },
    { running: { ...RUNNING, draining: [{ pid: 1, ageMs: 1 }] } },
  ],
  'leftover-drop': [
    withTraffic({
      iptables: ['-A INPUT -p tcp -m tcp --dport 80 --tcp-flags FIN,SYN,RST,ACK SYN -j DROP'],
    }),
    withTraffic({
      iptables: ['-A INPUT -p tcp -m tcp --dport 81 --tcp-flags FIN,SYN,RST,ACK SYN -j DROP'],
    }),
  ],
  'leftover-plug': [
    withTraffic({ qdiscs: [{ kind: 'plug', handle: '40:', dev: 'lo' }] }),
    withTraffic({ qdiscs: [{ kind: 'fq_codel', handle: '0:', dev: 'lo' }] }),
  ],
  'leftover-table': [
    withTraffic({
      ruleset: {
        tables: [{ family: 'inet', name: 'hitless_syn_drop' }],
        chains: [],
        rules: [],
        maps: [],
      },
    }),
    withTraffic({
      ruleset: {
        tables: [{ family: 'inet', name: 'hitless_flip' }],
        chains: [],
        rules: [],
        maps: [],
      },
    }),
  ],
  'open-runs': [withTraffic({ openRuns: ['20260102'] }), {}],
  'nginx-idle-clients': [
    withNginx('http { server { listen 80; } }'),
    withNginx('http { keepalive_timeout 0; server { listen 80; } }'),
  ],
  'nginx-shutdown-timeout': [withNginx('worker_shutdown_timeout 5s;'), withNginx('')],
  'nginx-old-workers': [withNginx(''), withNginx('worker_shutdown_timeout 5s;')],
  'nginx-fewer-workers': [
    withNginx('worker_processes 2; http { server { listen 80 reuseport; } }'),
    withNginx('worker_processes 4; http { server { listen 80 reuseport; } }'),
  ],
  'apache-idle-clients': [withApache({}, '', true), withApache({})],
  'apache-graceful-shutdown-timeout': [
    withApache({ GracefulShutdownTimeout: '5' }),
    withApache({ GracefulShutdownTimeout: '0' }),
  ],
  'apache-scoreboard-full': [
    withApache({}, '[mpm_event:error] AH03490: scoreboard is full, not at MaxRequestWorkers.'),
    withApache({}, '[core:notice] AH00094: Command line'),
  ],
  'apache-no-spare-slots': [
    withApache({ ServerLimit: '16', MaxRequestWorkers: '400' }),
    withApache({ ServerLimit: '32', MaxRequestWorkers: '400' }),
  ],
  'apache-balancer': [withMembers(2), withMembers(1)],
  'bug-haproxy-2114': [{ version: version('2.6.12-1+deb12u4') }, { version: version('2.6.13') }],
  'bug-accept-rate': [{ version: version('2.6.12') }, { version: version('2.8.0') }],
  'bug-haproxy-2184': [{ version: version('2.8.0'), ...MASTER }, { version: version('2.8.0') }],
  'bug-abns-master-worker': [
    { version: version('2.6.12'), ...MASTER, ...withBind('abns@x') },
    { version: version('2.6.12'), ...MASTER },
  ],
  'bug-listeners-stay-paused': [{ version: version('2.7.5') }, { version: version('2.7.6') }],
  'bug-haproxy-1799': [
    { version: version('2.6.2'), ...PEERS },
    { version: version('2.6.3'), ...PEERS },
  ],
  'bug-mworker-crash-2.6.1': [
    { version: version('2.6.1'), ...MASTER },
    { version: version('2.6.2'), ...MASTER },
  ],
  'bug-haproxy-1837': [
    { version: version('2.6.3'), ...MASTER },
    { version: version('2.6.4'), ...MASTER },
  ],
  'bug-peers-resync': [
    { version: version('2.6.4'), ...PEERS },
    { version: version('2.6.5'), ...PEERS },
  ],
  'bug-mworker-segv-peers': [
    { version: version('2.6.7'), ...PEERS },
    { version: version('2.6.7') },
  ],
  'bug-upgrade-by-reload': [
    { version: version('2.7.0'), ...MASTER },
    { version: version('2.7.1'), ...MASTER },
  ],
  'bug-haproxy-2222': [{ version: version('2.6.14') }, { version: version('2.6.15') }],
  'bug-haproxy-3229': [
    { version: version('3.2.10'), ...MASTER },
    { version: version('3.2.11'), ...MASTER },
  ],
  'bug-reload-storm-3.5': [
    { version: version('3.5-dev5'), ...MASTER },
    { version: version('3.4.1'), ...MASTER },
  ],
};

test('every check has a case that has it and one that has not', () => {
  assert.deepEqual(Object.keys(CASES).sort(), CHECKS.map(({ id }) => id).sort());
});

test('nothing is found on a host where all is well', () => {
  assert.deepEqual(diagnoseReloads(facts(), []), []);
});

for (const [id, [has, hasNot]] of Object.entries(CASES)) {
  test(`${id} is found where it is, and only there`, () => {
    const [found] = diagnoseReloads(facts(has), [id]);
    assert.equal(found?.check, id);
    for (const text of [found.what, found.because, found.source, found.remedy]) {
      assert.ok(text.length > 0 && !text.includes('undefined'), text);
    }
    assert.deepEqual(diagnoseReloads(facts(hasNot), [id]), []);
  });
}

test('names of checks are unique', () => {
  assert.equal(new Set(CHECKS.map(({ id }) => id)).size, CHECKS.length);
});

test('a finding in the configuration names its file and line', () => {
  const [found] = diagnoseReloads(facts(without('option idle-close-on-response')), ['idle-close']);
  assert.deepEqual(found?.place, { file: '/etc/haproxy/haproxy.cfg', line: 13 });
});

test('where quiesce goes round it, idle clients are worth knowing and no problem', () => {
  const idle = without('option idle-close-on-response');
  const severities = [facts(idle), facts({ ...idle, ...MASTER })].map((one) =>
    diagnoseReloads(one, ['idle-close']).map(({ severity }) => severity),
  );
  assert.deepEqual(severities, [['info'], ['warning']]);
  assert.ok(!diagnoseReloads(facts(idle), ['idle-close']).some(isProblem));
});

test('the gravest come first', () => {
  const found = diagnoseReloads(
    facts({
      ...without('hard-stop-after 1h'),
      running: { ...RUNNING, failedReloads: 1 },
      ...withTraffic({ openRuns: ['r'] }),
    }),
    [],
  );
  assert.deepEqual(
    found.map(({ severity }) => severity),
    ['error', 'warning', 'info'],
  );
});

test('a rule of nft that drops SYNs to a served port is a leftover; one for some clients is not', () => {
  const rule = { family: 'ip', table: 'filter', chain: 'INPUT' };
  const some = {
    match: { op: '==', left: { payload: { protocol: 'ip', field: 'saddr' } }, right: '10.0.0.1' },
  };
  const look = (expr: readonly Record<string, unknown>[]): number => {
    const ruleset = { tables: [], chains: [], maps: [], rules: [{ ...rule, expr }] };
    return diagnoseReloads(facts(withTraffic({ ruleset })), ['leftover-drop']).length;
  };
  assert.deepEqual(
    [
      look([portIs(80), isSyn, { drop: null }]),
      look([portIs(80), isSyn, some, { drop: null }]),
      look([portIs(80), isSyn]),
    ],
    [1, 0, 0],
  );
});

test('nbproc is an error where HAProxy refuses it', () => {
  const severities = ['2.4.22', '2.5.0'].map(
    (text) =>
      diagnoseReloads(facts({ ...withGlobal('nbproc 4'), version: version(text) }), ['nbproc'])[0]
        ?.severity,
  );
  assert.deepEqual(severities, ['warning', 'error']);
});
