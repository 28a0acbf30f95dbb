import { decode } from '../config/document.js';
import { isDisabled } from '../config/proxy.js';
import type { Config, Proxy } from '../config/resolve.js';
import { serversOf, settingOf, type ServerSpec } from '../config/servers.js';
import { joinAddress } from '../runtime/commands.js';
import { adminState, CHECK, type ServerState } from '../runtime/server-states.js';
import type { RuntimeReading } from '../runtime/reading.js';
import type { Drift } from './drift.js';
import { DEFAULT_WEIGHT, literalAddress, stateOf, valueOf } from './server-difference.js';

/** Servers that are otherwise than their lines say. Conditional sections are left out. */
export function serverDrift(
  config: Config,
  { servers, limits }: Pick<RuntimeReading, 'servers' | 'limits'>,
): readonly Drift[] {
  const rows = groupedByBackend(servers);
  const slim = new Map(limits.map((limit) => [`${limit.proxy}/${limit.server}`, limit.maxconn]));
  return config.proxies.flatMap((proxy) => {
    if (proxy.kind === 'frontend' || !isCertain(proxy)) return [];
    const specs = serversOf(proxy);
    const states = rows.get(proxy.name) ?? new Map<string, ServerState>();
    const own = specs.flatMap((spec) => {
      const state = states.get(spec.name);
      if (state === undefined) return [deleted(proxy, spec)];
      const limit = slim.get(`${proxy.name}/${spec.name}`);
      return spec.conditional ? [] : differences(proxy, spec, state, limit);
    });
    const known = new Set(specs.map(({ name }) => name));
    const added = [...states.values()].filter(({ server }) => !known.has(server));
    return [...own, ...added.map((state) => addedServer(proxy, state))];
  });
}

function groupedByBackend(
  servers: readonly ServerState[],
): ReadonlyMap<string, Map<string, ServerState>> {
  const rows = new Map<string, Map<string, ServerState>>();
  for (const state of servers) {
    const known = rows.get(state.backend);
    if (known === undefined) rows.set(state.backend, new Map([[state.server, state]]));
    else known.set(state.server, state);
  }
  return rows;
}

function isCertain(proxy: Proxy): boolean {
  const { section } = proxy;
  const decided = section.condition === 0 && !section.straddles && !section.env;
  return decided && !isDisabled(proxy).value;
}

function nameOf(proxy: Proxy, server: string): string {
  return `server ${decode(proxy.name)}/${decode(server)}`;
}

function deleted(proxy: Proxy, spec: ServerSpec): Drift {
  return {
    kind: 'deleted-server',
    subject: nameOf(proxy, spec.name),
    detail: '',
    running: null,
    files: decode(spec.statement.line.text).trim(),
    place: { file: spec.file, line: spec.line },
  };
}

function addedServer(proxy: Proxy, state: ServerState): Drift {
  return {
    kind: 'added-server',
    subject: nameOf(proxy, state.server),
    detail: '',
    running: joinAddress(state.address, state.port),
    files: null,
    place: null,
  };
}

interface Attribute {
  readonly kind: Drift['kind'];
  /** Undefined: not known, or nothing to compare. */
  readonly files: (spec: ServerSpec) => string | undefined;
  readonly running: (state: ServerState, maxconn: number | undefined) => string | undefined;
}

const ATTRIBUTES: readonly Attribute[] = [
  { kind: 'state', files: stateOf, running: adminState },
  {
    kind: 'weight',
    files: (spec) => plain(valueOf(spec, 'weight') ?? DEFAULT_WEIGHT),
    running: ({ weight }) => String(weight),
  },
  {
    kind: 'address',
    files: (spec) => canonical(literalAddress(spec)),
    running: ({ address, port }) => joinAddress(address, port),
  },
  {
    kind: 'fqdn',
    files: ({ address, template }) =>
      /[A-Za-z]/.test(address) && template === undefined ? address : undefined,
    running: ({ fqdn }) => (fqdn === '-' ? undefined : fqdn),
  },
  {
    kind: 'maxconn',
    files: (spec) =>
      settingOf(spec, 'minconn') === undefined ? plain(valueOf(spec, 'maxconn') ?? '0') : undefined,
    running: (_, maxconn) => (maxconn === undefined ? undefined : String(maxconn)),
  },
  {
    kind: 'check',
    files: (spec) => (settingOf(spec, 'check') === undefined ? undefined : 'on'),
    running: ({ checkState }) => enabled(checkState),
  },
  {
    kind: 'agent-check',
    files: (spec) => (settingOf(spec, 'agent-check') === undefined ? undefined : 'on'),
    running: ({ agentState }) => enabled(agentState),
  },
];

function plain(value: string): string | undefined {
  return /^\d+$/.test(value) ? String(Number(value)) : undefined;
}

/** HAProxy prints addresses the shortest way (inet_ntop), and so does a URL. */
function canonical(address: string | undefined): string | undefined {
  const match = /^\[(.*)\]:(\d+)$/.exec(address ?? '');
  if (match === null || !URL.canParse(`http://[${match[1] ?? ''}]`)) return address;
  return `${new URL(`http://[${match[1] ?? ''}]`).hostname}:${match[2] ?? ''}`;
}

/** Undefined where no checks are configured. */
function enabled(state: number): string | undefined {
  if ((state & CHECK.configured) === 0) return undefined;
  return (state & CHECK.enabled) === 0 ? 'off' : 'on';
}

function differences(
  proxy: Proxy,
  spec: ServerSpec,
  state: ServerState,
  maxconn: number | undefined,
): readonly Drift[] {
  return ATTRIBUTES.flatMap(({ kind, files, running }) => {
    const written = files(spec);
    const seen = running(state, maxconn);
    if (written === undefined || seen === undefined || written === seen) return [];
    const { file, line } = settingOf(spec, kind) ?? spec;
    const place = { file, line };
    return [
      {
        kind,
        subject: nameOf(proxy, spec.name),
        detail: kind,
        running: seen,
        files: written,
        place,
      },
    ];
  });
}
