import { parse, print, type Document } from '../../src/haproxy/config/document.js';
import type { RuntimeChange } from '../../src/haproxy/runtime/change.js';
import type { Host } from '../../src/host/host.js';
import { applyChanges } from '../../src/reload/apply-changes.js';
import { applyRuntime, type ApplyRequest } from '../../src/reload/apply-runtime.js';
import type { ReloadOptions } from '../../src/reload/reload.js';
import type { PlanResult } from '../../src/reload/run-plan.js';
import type { FileEdit } from '../../src/reload/request.js';
import type { Trouble } from '../fakes/effects.js';
import { startHitless } from '../fakes/fake-host.js';
import { callHaproxy } from '../fakes/haproxy.js';
import { World } from '../fakes/world.js';
import { settled, type Outcome } from './runs.js';
import { CONFIG_PATH, PID_PATH, STATE_DIR } from './scenarios.js';

export const MAP_PATH = '/etc/haproxy/hosts.map';
export const CERTIFICATE_PATH = '/etc/haproxy/site.pem';
export const LIST_PATH = '/etc/haproxy/names.list';
export const OLD_PEM = pem('b2xk');
export const NEW_PEM = pem('bmV3');

function pem(base64: string): string {
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
}

const LISTED = ['a', 'b', 'c', 'd', 'e'];

/** `e.pem` is loaded when an entry needs it. */
function listed(name: string): string {
  return `/etc/haproxy/${name}.pem`;
}

const LIST = [
  `${listed('a')} a.test`,
  `${listed('b')} b.test`,
  `${listed('c')} [alpn h2] c.test`,
  `${listed('d')} d.test`,
];

const CONFIG = `global
  stats socket /run/stats.sock mode 600 level admin expose-fd listeners
defaults
  mode http
  option idle-close-on-response
  timeout client 1s
frontend www
  bind 0.0.0.0:8080
  bind 0.0.0.0:8443 ssl crt ${CERTIFICATE_PATH}
  bind 0.0.0.0:8444 ssl crt-list ${LIST_PATH}
  maxconn 500
  use_backend %[req.hdr(host),map(${MAP_PATH})]
backend web
  balance roundrobin
  server a 127.0.0.1:9001 weight 10
  server b 127.0.0.1:9002
  server c 127.0.0.1:9003
`;

export function buildApplyWorld(level = 'admin', balance = 'roundrobin'): World {
  const world = new World();
  world.files.write(MAP_PATH, 'a.test one\nb.test two words\n');
  world.files.write(CERTIFICATE_PATH, OLD_PEM);
  for (const name of LISTED) world.files.write(listed(name), pem(btoa(name)));
  world.files.write(LIST_PATH, LIST.map((line) => `${line}\n`).join(''));
  const config = CONFIG.replace('level admin', `level ${level}`);
  world.files.write(CONFIG_PATH, config.replace('roundrobin', balance));
  const argv = ['/usr/sbin/haproxy', '-D', '-f', CONFIG_PATH, '-p', PID_PATH];
  world.clock.advance(1_000);
  callHaproxy(world, { argv, env: { PATH: '/usr/bin' } });
  // Younger than its files: what they say is what it runs.
  for (const process of world.haproxies()) process.ageMs = 0;
  return world;
}

const WEB = (server: string): { readonly backend: string; readonly server: string } => ({
  backend: 'web',
  server,
});

/** One of each kind, in an order that would be the wrong one. */
export const CHANGES: readonly RuntimeChange[] = [
  { kind: 'server-delete', server: WEB('c'), words: ['127.0.0.1:9003'] },
  { kind: 'server-add', server: WEB('d'), words: ['127.0.0.1:9004', 'check', 'weight', '5'] },
  { kind: 'server', server: WEB('b'), attribute: 'state', before: '', after: 'drain' },
  { kind: 'server', server: WEB('a'), attribute: 'weight', before: '', after: '20' },
  { kind: 'server', server: WEB('a'), attribute: 'address', before: '', after: '127.0.0.9:80' },
  { kind: 'server', server: WEB('a'), attribute: 'maxconn', before: '', after: '40' },
  { kind: 'map-entry', file: MAP_PATH, key: 'c.test', before: null, after: 'th;ree w' },
  { kind: 'map-entry', file: MAP_PATH, key: 'a.test', before: null, after: null },
  { kind: 'map-entry', file: MAP_PATH, key: 'b.test', before: null, after: 'other' },
  { kind: 'certificate', path: CERTIFICATE_PATH, before: OLD_PEM, after: NEW_PEM },
  // One goes in the middle, one has another option, one is new.
  { kind: 'loaded-certificate', path: listed('b'), before: pem(btoa('b')), after: null },
  {
    kind: 'crt-list',
    file: LIST_PATH,
    before: LIST,
    after: [
      `${listed('a')} a.test`,
      `${listed('c')} [alpn http/1.1] c.test`,
      `${listed('d')} d.test`,
      `${listed('e')} e.test`,
    ],
  },
  { kind: 'loaded-certificate', path: listed('e'), before: null, after: pem(btoa('e')) },
  { kind: 'frontend-maxconn', frontend: 'www', before: 0, after: 400 },
  { kind: 'global', setting: 'maxconn', before: 0, after: 900 },
];

export const EDITED_WORD = 'weight 20';

export function applyRequest(changes: readonly RuntimeChange[] = CHANGES): ApplyRequest {
  return {
    target: {},
    method: 'auto',
    allowLoss: false,
    timeoutMs: 400,
    maxDraining: 8,
    changes,
    edit: toTwenty,
  };
}

function toTwenty(documents: readonly Document[]): readonly FileEdit[] {
  return documents.flatMap((document) => {
    const before = print(document).toString('latin1');
    const after = before.replace('weight 10', EDITED_WORD);
    if (after === before) return [];
    const edited = parse(document.file, Buffer.from(after, 'latin1'));
    return [{ file: document.file, document: edited, summary: 'weight 10 -> 20' }];
  });
}

/** `hitless set` in a process of its own. */
export async function runApply(
  world: World,
  request: ApplyRequest,
  trouble?: Trouble,
  dryRun = false,
): Promise<Outcome<PlanResult>> {
  return await runOptions(
    world,
    async (host, options) => await applyRuntime(host, request, options),
    trouble,
    dryRun,
  );
}

/** `hitless apply NEWFILE`, which is the file with some words replaced, likewise. */
export async function runNewFile(
  world: World,
  replace: readonly (readonly [string, string])[],
  trouble?: Trouble,
): Promise<Outcome<PlanResult>> {
  const former = world.files.text(CONFIG_PATH) ?? '';
  const text = replace.reduce((all, [from, to]) => all.replace(from, to), former);
  const { edit: _edit, changes: _changes, ...request } = applyRequest([]);
  const newFile = { path: 'new.cfg', content: Buffer.from(text, 'latin1') };
  return await runOptions(
    world,
    async (host, options) => await applyChanges(host, { ...request, newFile }, options),
    trouble,
    false,
  );
}

async function runOptions(
  world: World,
  work: (host: Host, options: ReloadOptions) => Promise<PlanResult>,
  trouble: Trouble | undefined,
  dryRun: boolean,
): Promise<Outcome<PlanResult>> {
  const hitless = startHitless(world, trouble);
  const options = {
    stateDir: STATE_DIR,
    onEvent: () => undefined,
    dryRun,
    wait: true,
    waitLockMs: 0,
    onDraining: async () => await Promise.resolve(),
  };
  const outcome = await settled(work(hitless.host, options));
  hitless.exit();
  return { effects: hitless.effects, ...outcome };
}
