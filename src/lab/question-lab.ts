import { type Apache, startApache } from './apache.js';
import { makeCertificate } from './certificate.js';
import { type Haproxy, haproxyPaths, type HaproxyRunMode, startHaproxy } from './haproxy.js';
import { haproxyConfig, type HaproxySpec } from './haproxy-config.js';
import { type Lab, type LabOptions, startLab } from './lab.js';
import type { LabNode } from './node.js';
import { startEcho } from './programs.js';
import { QUESTION_TOPOLOGY } from './topology.js';

/** The original question, running: two Apaches behind one HAProxy, and a client that reaches it. */
export interface QuestionLab {
  readonly lab: Lab;
  readonly client: LabNode;
  readonly lb: LabNode;
  readonly haproxy: Haproxy;
  readonly origins: readonly Apache[];
  /** As the client reaches it, over IPv4 and over IPv6. */
  readonly urls: readonly [string, string];
}

export interface QuestionLabOptions extends LabOptions {
  readonly mode?: never;
  readonly haproxyMode?: HaproxyRunMode;
  /** A frontend `tls` on port 443, with a certificate that openssl makes. */
  readonly tls?: boolean;
  /** A frontend `tunnel` on port 7, to a server that echoes. */
  readonly tunnel?: boolean;
  /** Changes the specification before its text is written. */
  readonly adapt?: (spec: HaproxySpec) => HaproxySpec;
}

/** The caller closes `lab`. @throws what startLab and the services throw; nothing is left then */
export async function startQuestionLab(options: QuestionLabOptions = {}): Promise<QuestionLab> {
  const signal = options.signal ? { signal: options.signal } : {};
  const lab = await startLab(QUESTION_TOPOLOGY, signal);
  try {
    const lb = lab.node('lb');
    const origins = await Promise.all(
      ['origin1', 'origin2'].map((name) => startApache(lab.node(name), signal)),
    );
    const spec = withServices(questionSpec(haproxyPaths(lb).statsSocket), {
      certificate: options.tls === true ? await makeCertificate(lb, 'lab.test') : undefined,
      tunnel: options.tunnel === true,
    });
    if (options.tunnel === true) await startEcho(lab.node('origin1'));
    const config = haproxyConfig(options.adapt?.(spec) ?? spec);
    const mode = options.haproxyMode ?? 'daemon';
    const haproxy = await startHaproxy(lb, config, { mode, ...signal });
    const urls = ['http://10.77.0.1/', 'http://[fd77::1]/'] as const;
    return { lab, client: lab.node('client'), lb, haproxy, origins, urls };
  } catch (error) {
    await lab.close();
    throw error;
  }
}

/** Frontend `www` on port 80 over IPv4 and IPv6, backend `web` with `web1` and `web2`. */
export function questionSpec(statsSocket: string): HaproxySpec {
  const servers = [
    { name: 'web1', address: '10.77.0.11:80' },
    { name: 'web2', address: '10.77.0.12:80' },
  ];
  return {
    statsSocket,
    frontends: [{ name: 'www', binds: [':80', ':::80 v6only'], backend: 'web' }],
    backends: [{ name: 'web', balance: 'roundrobin', servers }],
  };
}

function withServices(
  spec: HaproxySpec,
  { certificate, tunnel }: { certificate: string | undefined; tunnel: boolean },
): HaproxySpec {
  const options = `ssl crt ${certificate}`;
  const tls = { name: 'tls', binds: [`:443 ${options}`, `:::443 v6only ${options}`] };
  const mode = 'tcp';
  const through = { name: 'tunnel', mode, binds: [':7', ':::7 v6only'], backend: 'echo' } as const;
  const echo = { name: 'echo', mode, servers: [{ name: 'e1', address: '10.77.0.11:7' }] } as const;
  return {
    ...spec,
    frontends: [
      ...spec.frontends,
      ...(certificate === undefined ? [] : [{ ...tls, backend: 'web' }]),
      ...(tunnel ? [through] : []),
    ],
    backends: [...spec.backends, ...(tunnel ? [echo] : [])],
  };
}
