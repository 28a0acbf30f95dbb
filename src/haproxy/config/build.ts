/** What a HAProxy says of itself in `haproxy -vv`: conditions of its configuration ask for it. */
export interface Build {
  readonly version: string;
  /** Those that are built in: `OPENSSL`, `THREAD`. */
  readonly features: ReadonlySet<string>;
  readonly sslBuiltWith?: string;
  readonly sslRunningOn?: string;
}

/** Undefined when it is not the answer of a HAProxy. */
export function parseBuild(text: string): Build | undefined {
  const version = /^HA-?Proxy version (\S+)/m.exec(text)?.[1];
  if (version === undefined) return undefined;
  const list = /^Feature list : (.*)$/m.exec(text)?.[1] ?? '';
  const features = new Set([...list.matchAll(/\+(\S+)/g)].map(([, name = '']) => name));
  const built = /^Built with OpenSSL version : (.*)$/m.exec(text)?.[1];
  const running = /^Running on OpenSSL version : (.*)$/m.exec(text)?.[1];
  return {
    version,
    features,
    ...(built === undefined ? {} : { sslBuiltWith: built }),
    ...(running === undefined ? {} : { sslRunningOn: running }),
  };
}
