import { createHash } from 'node:crypto';
import { readConfig } from './haproxy-config.js';
import { crtListAnswer, crtListFrom, type FakeCrtList } from './runtime-crt-lists.js';
import type { World } from './world.js';

/** What a HAProxy can be told at run time, as 2.6 answers. Read from its configuration at first. */
export interface RuntimeValues {
  readonly servers: Map<string, FakeServer>;
  readonly frontends: Map<string, number>;
  readonly maps: Map<string, FakeMap>;
  /** Empty: named, and not filled yet. */
  readonly certificates: Map<string, string>;
  readonly crtLists: Map<string, FakeCrtList>;
  /** Of a transaction that was begun. */
  readonly pending: Map<string, string>;
  maxconn: number;
}

interface FakeServer {
  address: string;
  port: string;
  weight: number;
  readonly initialWeight: number;
  maxconn: number;
  maint: boolean;
  drain: boolean;
  checked: boolean;
  readonly words: readonly string[];
  /** It cannot be deleted yet. */
  readonly connections: number;
}

interface FakeMap {
  current: readonly (readonly [string, string])[];
  readonly prepared: Map<number, (readonly [string, string])[]>;
  next: number;
}

export function valuesFrom(world: World, text: string): RuntimeValues {
  const values: RuntimeValues = {
    servers: new Map(),
    frontends: new Map(),
    maps: new Map(),
    certificates: new Map(),
    crtLists: new Map(),
    pending: new Map(),
    maxconn: 1000,
  };
  let section = '';
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    const [keyword = '', first = ''] = words;
    if (keyword === 'backend' || keyword === 'frontend') section = first;
    if (keyword === 'frontend') values.frontends.set(first, 500);
    if (keyword === 'maxconn') values.frontends.set(section, Number(first));
    if (keyword === 'server') {
      values.servers.set(`${section}/${first}`, serverFrom(words.slice(2), false));
    }
    const map = /map\(([^),]+)/.exec(line)?.[1];
    if (map !== undefined)
      values.maps.set(map, { current: readMap(world, map), prepared: new Map(), next: 0 });
    const certificate = /\bcrt (\S+)/.exec(line)?.[1];
    if (certificate !== undefined) {
      values.certificates.set(certificate, world.files.text(certificate) ?? '');
    }
    const listed = /\bcrt-list (\S+)/.exec(line)?.[1];
    if (listed !== undefined) loadCrtList(world, values, listed);
  }
  loadStates(world, values, readConfig(text).stateFile);
  return values;
}

function loadCrtList(world: World, values: RuntimeValues, path: string): void {
  const list = crtListFrom(world, path);
  values.crtLists.set(path, list);
  for (const { certificate } of list.entries) {
    values.certificates.set(certificate, world.files.text(certificate) ?? '');
  }
}

/** Of a process that is just starting: what its server-state file says. */
function loadStates(world: World, { servers }: RuntimeValues, path: string | undefined): void {
  const text = path === undefined ? undefined : world.files.text(path);
  for (const line of (text ?? '').split('\n').filter((one) => !one.startsWith('#'))) {
    const words = line.split(' ');
    const server = servers.get(`${words[1] ?? ''}/${words[3] ?? ''}`);
    if (server === undefined) continue;
    server.maint = (Number(words[6]) & 1) !== 0;
    server.drain = (Number(words[6]) & 8) !== 0;
    server.weight = Number(words[7]);
  }
}

function readMap(world: World, path: string): (readonly [string, string])[] {
  const lines = (world.files.text(path) ?? '').split('\n').filter((line) => line !== '');
  return lines.map((line) => [line.split(' ', 1)[0] ?? '', line.slice(line.indexOf(' ') + 1)]);
}

function serverFrom(words: readonly string[], added: boolean): FakeServer {
  const [address = '', ...rest] = words;
  const at = address.lastIndexOf(':');
  const number = (name: string, otherwise: number): number =>
    rest.includes(name) ? Number(rest[rest.indexOf(name) + 1]) : otherwise;
  return {
    address: address.slice(0, at),
    port: address.slice(at + 1),
    weight: number('weight', 1),
    initialWeight: number('weight', 1),
    maxconn: number('maxconn', 0),
    maint: added || rest.includes('disabled'),
    drain: false,
    checked: rest.includes('check') && !added,
    words: rest,
    connections: 0,
  };
}

/** Undefined: it is another command. */
export function answerFrom(values: RuntimeValues, command: string): string | undefined {
  const [line = '', ...payload] = command.split('\n');
  const words = unescaped(line.replace(/ <<$/, ''));
  const [verb = '', noun = '', ...rest] = words;
  switch (`${verb} ${noun}`) {
    case 'show servers':
      return showServers(values, rest[1]);
    case 'show stat':
      return Number(rest[1]) === 4 ? showServerStat(values) : undefined;
    case 'set server':
      return setServer(values, rest);
    case 'set maxconn':
      return setMaxconn(values, rest);
    case 'enable health':
    case 'disable health':
      return onServer(values, rest[0], (server) => {
        server.checked = verb === 'enable';
        return '\n';
      });
    case 'add server':
      if (values.servers.has(rest[0] ?? '')) return 'Already exists a server with the same name.\n';
      values.servers.set(rest[0] ?? '', serverFrom(rest.slice(1), true));
      return 'New server registered.\n';
    case 'del server':
      return onServer(values, rest[0], (server) => {
        if (!server.maint) return 'Only servers in maintenance mode can be deleted.\n';
        if (server.connections > 0) return 'Server still has connections attached to it.\n';
        values.servers.delete(rest[0] ?? '');
        return 'Server deleted.\n';
      });
    case 'new ssl':
    case 'set ssl':
    case 'commit ssl':
    case 'abort ssl':
    case 'show ssl':
    case 'add ssl':
    case 'del ssl':
      return rest[0] === 'crt-list'
        ? crtListAnswer(
            values.crtLists,
            values.certificates,
            verb,
            rest.slice(1),
            payload.join('\n'),
          )
        : ssl(values, verb, rest[1] ?? '', payload.join('\n'));
    default:
      return noun === 'map' ? mapAnswer(values, verb, rest) : undefined;
  }
}

function unescaped(line: string): readonly string[] {
  return [...line.matchAll(/(?:\\.|[^ \\])+/g)].map(([word]) => word.replace(/\\(.)/g, '$1'));
}

const COLUMNS =
  'be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight ' +
  'srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state ' +
  'srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl ' +
  'srv_check_port srv_check_addr srv_agent_addr srv_agent_port';

function showServers({ servers }: RuntimeValues, backend: string | undefined): string {
  const rows = [...servers].flatMap(([name, server], at) => {
    const [inBackend = '', own = ''] = name.split('/');
    if (backend !== undefined && backend !== inBackend) return [];
    const admin = (server.maint ? 1 : 0) + (server.drain ? 8 : 0);
    const check = server.checked ? 6 : 2;
    return [
      `1 ${inBackend} ${at + 1} ${own} ${server.address} 2 ${admin} ${server.weight} ${server.initialWeight} 1 1 0 0 ${check} 0 0 0 - ${server.port} - 0 0 - - 0`,
    ];
  });
  return `1\n# ${COLUMNS}\n${rows.join('\n')}\n`;
}

function showServerStat({ servers }: RuntimeValues): string {
  const rows = [...servers].map(([name, { maxconn }]) => {
    return `${name.replace('/', ',')},0,0,0,0,${maxconn === 0 ? '' : maxconn},UP,`;
  });
  return `# pxname,svname,qcur,qmax,scur,smax,slim,status,\n${rows.join('\n')}\n`;
}

function onServer(
  { servers }: RuntimeValues,
  name: string | undefined,
  act: (server: FakeServer) => string,
): string {
  const server = servers.get(name ?? '');
  return server === undefined ? 'No such server.\n' : act(server);
}

function setServer(
  values: RuntimeValues,
  [name, what, value = '', , port = '']: readonly string[],
): string {
  return onServer(values, name, (server) => {
    if (what === 'weight') server.weight = Number(value);
    if (what === 'state') {
      server.maint = value === 'maint';
      server.drain = value === 'drain';
    }
    if (what !== 'addr') return '\n';
    server.address = value;
    server.port = port;
    return `IP changed to '${value}', port changed to '${port}' by 'stats socket command'\n`;
  });
}

function setMaxconn(
  values: RuntimeValues,
  [what, name = '', number = '']: readonly string[],
): string {
  if (what === 'server') {
    return onServer(values, name, (server) => {
      server.maxconn = Number(number);
      return '\n';
    });
  }
  if (what === 'frontend') values.frontends.set(name, Number(number));
  else values.maxconn = Number(name);
  return '\n';
}

function ssl(values: RuntimeValues, verb: string, path: string, payload: string): string {
  const former = values.certificates.get(path);
  if (verb === 'show' && path === '') {
    return `# filename\n${[...values.certificates.keys()].join('\n')}\n`;
  }
  if (verb === 'new') {
    if (former !== undefined) return `Certificate '${path}' already exists!\n`;
    values.certificates.set(path, '');
    return `New empty certificate store '${path}'!\n`;
  }
  if (former === undefined) return `Can't replace a certificate which is not referenced!\n`;
  switch (verb) {
    case 'del': {
      const isUsed = [...values.crtLists.values()].some(({ entries }) =>
        entries.some(({ certificate }) => certificate === path),
      );
      if (values.pending.has(path)) return `Can't remove the certificate: ongoing transaction\n`;
      if (isUsed) return `Can't remove the certificate: certificate '${path}' in use!\n`;
      values.certificates.delete(path);
      return `Certificate '${path}' deleted!\n`;
    }
    case 'show':
      if (former === '') return `Filename: ${path}\nStatus: Empty\n`;
      return `Filename: ${path}\nSHA1 FingerPrint: ${fingerprint(former)}\n`;
    case 'abort':
      return values.pending.delete(path) ? 'Transaction aborted.\n' : 'No ongoing transaction!\n';
    case 'set':
      if (!payload.includes('BEGIN CERT')) return `Can't load the payload\nCan't update ${path}!\n`;
      values.pending.set(path, payload);
      return `Transaction created for certificate ${path}!\n`;
    default: {
      const next = values.pending.get(path);
      if (next === undefined) return 'No ongoing transaction!\n';
      values.pending.delete(path);
      values.certificates.set(path, next);
      return `Committing ${path}.\nSuccess!\n`;
    }
  }
}

function fingerprint(pem: string): string {
  const base64 = /-----BEGIN CERTIFICATE-----([^-]*)-----END/.exec(pem)?.[1] ?? '';
  return createHash('sha1').update(Buffer.from(base64, 'base64')).digest('hex').toUpperCase();
}

function mapAnswer(values: RuntimeValues, verb: string, words: readonly string[]): string {
  const version = words[0]?.startsWith('@') === true ? Number(words[0].slice(1)) : undefined;
  const [file = '', key = '', value = ''] = version === undefined ? words : words.slice(1);
  const map = values.maps.get(file);
  if (verb === 'show' && file === '') return listMaps(values);
  if (map === undefined) return 'Unknown map identifier. Please use #<id> or <file>.\n';
  switch (verb) {
    case 'show':
      return map.current.map(([name, to], at) => `0x${at + 16} ${name} ${to}\n`).join('');
    case 'prepare':
      map.next += 1;
      map.prepared.set(map.next, []);
      return `New version created: ${map.next}\n`;
    case 'clear':
      map.prepared.delete(version ?? 0);
      return '\n';
    case 'commit':
      map.current = map.prepared.get(version ?? 0) ?? [];
      map.prepared.clear();
      return '\n';
    case 'add':
      if (version === undefined) map.current = [...map.current, [key, value]];
      else map.prepared.get(version)?.push([key, value]);
      return '\n';
    case 'set':
      if (!map.current.some(([name]) => name === key)) return 'entry not found.\n';
      map.current = map.current.map(([name, to]) => [name, name === key ? value : to]);
      return '\n';
    default:
      if (!map.current.some(([name]) => name === key)) return 'Key not found.\n';
      map.current = map.current.filter(([name]) => name !== key);
      return '\n';
  }
}

function listMaps({ maps }: RuntimeValues): string {
  const lines = [...maps].map(
    ([file, { current, next }], at) =>
      `${at} (${file}) pattern loaded from file '${file}' used by map at file 'h.cfg' line 1. curr_ver=0 next_ver=${next} entry_cnt=${current.length}`,
  );
  return `# id (file) description\n${lines.join('\n')}\n`;
}
