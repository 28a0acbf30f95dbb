import { parseAddresses, type Address } from './address.js';
import type { Word } from './lexer.js';
import type { Place, Proxy } from './resolve.js';
import { wordsOf, type Section, type Statement } from './sections.js';

/** One `bind` line: all its addresses share the parameters. */
export interface Bind extends Place {
  readonly addresses: readonly Address[];
  readonly params: BindParams;
  /** Lies in a conditional block. */
  readonly conditional: boolean;
}

/** Parameters by name; a flag has an empty value, and the last of a name counts. */
export type BindParams = ReadonlyMap<string, string>;

/** The listeners of a frontend or listen section, in the order of the file. */
export function bindsOf(proxy: Proxy): readonly Bind[] {
  return proxy.kind === 'backend' ? [] : bindsIn(proxy.section);
}

/** The same for any section: `peers` and `log-forward` listen too. */
export function bindsIn(section: Section): readonly Bind[] {
  return section.statements
    .filter(({ keyword }) => keyword === 'bind')
    .map((statement) => bindOf(section, statement));
}

/** The words after the address. */
export function parseBindParams(words: readonly Word[]): BindParams {
  const params = new Map<string, string>();
  for (let index = 0; index < words.length; index += 1) {
    const name = words[index]?.value ?? '';
    if (!VALUED.has(name)) params.set(name, '');
    else {
      index += 1;
      params.set(name, words[index]?.value ?? '');
    }
  }
  return params;
}

/** Parameters followed by a value: manual of 2.6, section 5.1, and those that came later. */
const VALUED: ReadonlySet<string> = new Set(
  `accept-netscaler-cip alpn backlog ca-file ca-ignore-err ca-sign-file ca-sign-pass ca-verify-file
  cc ciphers ciphersuites client-sigalgs crl-file crt crt-ignore-err crt-list curves default-crt
  ecdhe expose-fd gid group guid-prefix id idle-ping interface label level maxconn mode mss name
  namespace nbconn nice npn ocsp-update process proto quic-cc-algo quic-socket severity-output
  shards sigalgs ssl-max-ver ssl-min-ver tcp-md5sig tcp-ut thread tls-ticket-keys uid user
  verify`.split(/\s+/),
);

function bindOf(section: Section, statement: Statement): Bind {
  const [, address, ...params] = wordsOf(statement);
  return {
    addresses: address === undefined ? [] : parseAddresses(address.value),
    params: parseBindParams(params),
    file: section.file,
    line: statement.line.number,
    conditional: statement.condition !== 0 || section.condition !== 0 || section.straddles,
  };
}
