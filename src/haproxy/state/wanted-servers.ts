import { balanceOf } from '../config/proxy.js';
import { find, type Config, type Proxy } from '../config/resolve.js';
import { wordsOf } from '../config/sections.js';
import { serversOf, settingOf, type ServerSpec } from '../config/servers.js';
import type { WantedServer } from './carried-server.js';

export interface WantedBackend {
  readonly proxy: Proxy;
  /** By name; read when first asked for. */
  readonly server: (name: string) => WantedServer | undefined;
  /** `HOST:PORT` as its line has it; undefined for whatever takes more than a look. */
  readonly address: (name: string) => string | undefined;
}

/** What the files say of servers, by backend. Pure. */
export function wantedBackends(config: Config): ReadonlyMap<string, WantedBackend> {
  const backends = config.proxies.filter(({ kind }) => kind !== 'frontend');
  return new Map(
    backends.map((proxy) => {
      let servers: ReadonlyMap<string, WantedServer> | undefined;
      const server = (name: string): WantedServer | undefined => {
        servers ??= wantedServers(proxy);
        return servers.get(name);
      };
      let addresses: ReadonlyMap<string, string> | undefined;
      const address = (name: string): string | undefined => {
        addresses ??= plainAddresses(proxy);
        return addresses.get(name);
      };
      return [proxy.name, { proxy, server, address }];
    }),
  );
}

const PLAIN = /^\s*server[ \t]+([\w.:-]+)[ \t]+([\w.:]+)(?=\s|$)/;

/** Of tens of thousands of servers hardly one differs from its line: most need no more than this. */
function plainAddresses({ section }: Proxy): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { keyword, line } of section.statements) {
    const match = keyword === 'server' ? PLAIN.exec(line.text) : null;
    if (match !== null) found.set(match[1] ?? '', match[2] ?? '');
  }
  return found;
}

function wantedServers(proxy: Proxy): ReadonlyMap<string, WantedServer> {
  const staticWeights = hasStaticWeights(proxy);
  return new Map(serversOf(proxy).map((spec) => [spec.name, wantedServer(spec, staticWeights)]));
}

function wantedServer(spec: ServerSpec, staticWeights: boolean): WantedServer {
  const has = (keyword: string): boolean => settingOf(spec, keyword) !== undefined;
  return {
    host: spec.address,
    port: spec.port ?? '',
    disabled: isOn(spec, 'disabled', 'enabled'),
    weight: settingOf(spec, 'weight')?.args[0] ?? '1',
    check: has('check'),
    agentCheck: has('agent-check'),
    tracks: has('track'),
    ssl: has('ssl'),
    staticWeights,
  };
}

/** The one of two opposite keywords that stands last is in force. */
function isOn({ settings }: ServerSpec, keyword: string, opposite: string): boolean {
  const last = settings.findLast((one) => one.keyword === keyword || one.keyword === opposite);
  return last?.keyword === keyword;
}

const HASHING = ['source', 'uri', 'url_param', 'rdp-cookie', 'hash'];

/** Tables of servers that are made once take no other weights (configuration.txt, `hash-type`). */
function hasStaticWeights(proxy: Proxy): boolean {
  const algorithm = balanceOf(proxy).value[0] ?? '';
  if (algorithm === 'static-rr') return true;
  if (!HASHING.includes(algorithm) && !algorithm.startsWith('hdr')) return false;
  const found = find(proxy, ({ keyword }) => keyword === 'hash-type');
  return found === undefined || wordsOf(found.statement)[1]?.value !== 'consistent';
}
