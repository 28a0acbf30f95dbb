import { bindsIn, type Bind } from '../../haproxy/config/binds.js';
import { wantedListeners } from '../../haproxy/config-listeners.js';
import { isBefore } from '../../haproxy/version.js';
import type { Check, Sign } from '../check.js';
import type { DoctorFacts } from '../facts.js';
import { frontendsOf, globalStatement, passesListeners, placeOf } from '../settings.js';

/** Listeners that do not go over to the next process as others do. */

const ipv6: Check = {
  id: 'bind-ipv6',
  severity: 'warning',
  because:
    'HAProxy takes a specific IPv6 address without v6only for another socket than the one that was passed on and binds a new one: what waits in the old queue is reset, as with -sf alone (0.28 to 0.80 % at 2500 to 3000/s)',
  source: 'HAProxy configuration manual, 5.1, "v6only"; measured with 2.6.12 and 3.5-dev5',
  remedy: 'add "v6only" to the bind line: a specific IPv6 address takes no IPv4 connections anyway',
  signs: ({ config }) => {
    if (config === null) return [];
    const places = new Set<string>();
    return wantedListeners(config, {}).listeners.flatMap(({ passable, local, place }) => {
      if (passable || places.has(place)) return [];
      places.add(place);
      const [file, line] = splitPlace(place);
      const fix = { kind: 'append-words', file, line, words: 'v6only' } as const;
      return [
        { subject: local, what: `bind ${local} is not passed on`, place: { file, line }, fix },
      ];
    });
  },
};

function splitPlace(place: string): readonly [file: string, line: number] {
  const colon = place.lastIndexOf(':');
  return [place.slice(0, colon), Number(place.slice(colon + 1))];
}

const quic: Check = {
  id: 'bind-quic',
  severity: 'warning',
  because:
    'HAProxy 2.6 does not preserve QUIC connections in a reload: each HTTP/3 client has to begin anew',
  source: 'HAProxy management manual of 2.6, 4: "QUIC limitations: soft-stop is not supported"',
  remedy: 'reload seldom, and make changes at run time where that is possible',
  signs: (facts) => {
    const later = facts.version !== null && !isBefore(facts.version, [2, 7, 0]);
    return bindsWhere(facts, ({ addresses }) =>
      addresses.some(({ transport }) => transport === 'quic'),
    ).map((bind) => ({
      ...signAt(bind, `QUIC on ${bind.addresses[0]?.raw ?? ''}`),
      ...(later ? QUIC_LATER : {}),
    }));
  },
};

const QUIC_LATER = {
  severity: 'info',
  because:
    'packets of a QUIC connection reach whichever process the kernel picks, and only HAProxy can pass them on to the old one; hitless has not measured that',
} as const;

const shards: Check = {
  id: 'bind-shards',
  severity: 'info',
  because:
    'there are as many sockets as shards; when a reload makes them fewer (nbthread, shards, another machine size), those left over are closed with the connections that wait in them',
  source:
    'HAProxy configuration manual, 5.1, "shards"; the kernel resets what is queued on a closing listener (ip-sysctl.rst, tcp_migrate_req)',
  remedy:
    'set nbthread and a number of shards, and change both only with "hitless reload", which compares the sockets; or set net.ipv4.tcp_migrate_req=1',
  signs: (facts) => {
    if (facts.config !== null && globalStatement(facts.config, 'nbthread') !== undefined) {
      return bindsWhere(
        facts,
        ({ params }) => params.get('shards')?.startsWith('by-') === true,
      ).map(shard);
    }
    return bindsWhere(
      facts,
      ({ params }) => params.has('shards') && params.get('shards') !== '1',
    ).map(shard);
  },
};

function shard(bind: Bind): Sign {
  return signAt(
    bind,
    `shards ${bind.params.get('shards') ?? ''} on ${bind.addresses[0]?.raw ?? ''}`,
  );
}

const unix: Check = {
  id: 'bind-unix',
  severity: 'warning',
  because:
    'a new process puts its own socket in the place of the old one by renaming; who was waiting in the old one when it is closed is refused, and tcp_migrate_req does not help a unix socket',
  source: 'HAProxy configuration manual, 4.2, "bind"; HAProxy 2.6.12, src/proto_uxst.c',
  remedy: 'pass the listeners on: "expose-fd listeners" on a stats socket',
  signs: (facts) =>
    passesListeners(facts)
      ? []
      : bindsWhere(facts, ({ addresses }) => addresses.some(({ family }) => family === 'unix')).map(
          (bind) => signAt(bind, `unix socket ${bind.addresses[0]?.raw ?? ''} is not passed on`),
        ),
};

const device: Check = {
  id: 'bind-interface',
  severity: 'info',
  because:
    'the socket is passed on from process to process; when its interface is removed and made anew (VPN, bridge), it stays bound to the old one, and a reload does not mend that',
  source: 'haproxy#2413 (open)',
  remedy: 'restart HAProxy after such an interface came back ("hitless flip" does it without loss)',
  signs: (facts) =>
    bindsWhere(facts, ({ params }) => params.has('interface')).map((bind) =>
      signAt(bind, `bound to interface ${bind.params.get('interface') ?? ''}`),
    ),
};

const noReuseport: Check = {
  id: 'noreuseport',
  severity: 'warning',
  because:
    'old and new process cannot listen at the same time unless the sockets are passed on: the new one makes the old one stop listening first, and clients are refused meanwhile',
  source: 'HAProxy configuration manual, 3.2, "noreuseport"; management manual, 4',
  remedy: 'take "noreuseport" out of global',
  signs: ({ config }) => {
    const found = config === null ? undefined : globalStatement(config, 'noreuseport');
    if (found === undefined || found.statement.modifier !== '') return [];
    return [
      { subject: 'noreuseport', what: 'SO_REUSEPORT is switched off', place: placeOf(found) },
    ];
  },
};

function bindsWhere({ config }: DoctorFacts, matches: (bind: Bind) => boolean): readonly Bind[] {
  if (config === null) return [];
  return frontendsOf(config).flatMap(({ section }) => bindsIn(section).filter(matches));
}

function signAt(bind: Bind, what: string): Sign {
  return { subject: bind.addresses[0]?.raw ?? 'bind', what, place: placeOf(bind) };
}

export const BINDS: readonly Check[] = [ipv6, quic, shards, unix, device, noReuseport];
