import type { Word } from './lexer.js';

/** One setting of a `server` or `default-server` line with its arguments. */
export interface ServerWords {
  readonly keyword: string;
  /** The keyword's own word first. */
  readonly words: readonly Word[];
}

/** Cuts what follows the address into settings. A keyword that is not known has no arguments. */
export function settingsIn(words: readonly Word[]): readonly ServerWords[] {
  const settings: ServerWords[] = [];
  for (let at = 0; at < words.length; ) {
    const keyword = words[at]?.value ?? '';
    const end =
      keyword === 'source' ? sourceEnd(words, at) : at + 1 + (VALUED.has(keyword) ? 1 : 0);
    settings.push({ keyword, words: words.slice(at, end) });
    at = end;
  }
  return settings;
}

/** Where the words of a server's settings begin: after its address, if its line has one. */
export const SETTINGS_AT: Readonly<Record<string, number>> = {
  'default-server': 1,
  server: 3,
  'server-template': 4,
};

/** What a keyword takes back, both ways: the later of the two counts. */
export function oppositeOf(keyword: string): string | undefined {
  return OPPOSITES.get(keyword) ?? (keyword.startsWith('no-') ? keyword.slice(3) : undefined);
}

/** A keyword that only says what holds without it: it takes its opposite back and leaves nothing. */
export function isRetraction(keyword: string): boolean {
  return RETRACTIONS.has(keyword);
}

/** The argument's count in HAProxy 2.6 (srv_kws of src/server.c, check.c, ssl), and what came later. */
const VALUED: ReadonlySet<string> = new Set(
  `addr agent-addr agent-inter agent-port agent-send alpn ca-file cc check-alpn
  check-pool-conn-name check-proto check-sni ciphers ciphersuites client-sigalgs cookie crl-file
  crt curves downinter error-limit fall fastinter guid hash-key id idle-ping init-addr init-state
  inter ktls log-bufsize log-proto max-reuse maxconn maxqueue minconn namespace npn observe
  on-error on-marked-down on-marked-up pool-conn-name pool-low-conn pool-max-conn
  pool-purge-delay port proto proxy-v2-options quic-cc-algo redir resolve-net resolve-opts
  resolve-prefer resolvers rise shard sigalgs slowstart sni socks4 ssl-max-ver ssl-min-ver
  tcp-md5sig tcp-ut track verify verifyhost weight ws`.split(/\s+/),
);

/** `source ADDR [usesrc ADDR] [interface NAME]`. */
function sourceEnd(words: readonly Word[], from: number): number {
  let end = from + 2;
  while (words[end]?.value === 'usesrc' || words[end]?.value === 'interface') end += 2;
  return end;
}

const PAIRS: readonly (readonly [string, string])[] = [
  ['disabled', 'enabled'],
  ['non-stick', 'stick'],
  ['no-ssl-reuse', 'ssl-reuse'],
  ['no-tls-tickets', 'tls-tickets'],
  ...['agent-check', 'backup', 'check', 'check-send-proxy', 'check-ssl', 'send-proxy'].map(no),
  ...['send-proxy-v2', 'send-proxy-v2-ssl', 'send-proxy-v2-ssl-cn', 'ssl', 'tfo'].map(no),
  ...['check-reuse-pool', 'check-sni-auto', 'renegotiate', 'sni-auto', 'strict-maxconn'].map(no),
];

function no(keyword: string): readonly [string, string] {
  return [keyword, `no-${keyword}`];
}

const OPPOSITES: ReadonlyMap<string, string> = new Map(
  PAIRS.flatMap(([on, off]) => [[on, off] as const, [off, on] as const]),
);

const RETRACTIONS: ReadonlySet<string> = new Set(PAIRS.map(([, off]) => off));
