import { parseText } from '../../../src/haproxy/config/document.js';
import { resolve, type Config } from '../../../src/haproxy/config/resolve.js';
import { compareConfigs } from '../../../src/haproxy/changes/compare.js';
import type { ConfigChange } from '../../../src/haproxy/runtime/change.js';
import { describeChange } from '../../../src/haproxy/runtime/commands.js';

export const CONFIG = `global
    maxconn 1000
    stats socket /run/s.sock level admin

defaults
    mode http
    timeout client 10s
    timeout server 10s
    timeout connect 1s

frontend www
    bind :80
    maxconn 700
    default_backend web

backend web
    balance roundrobin
    option httpchk
    server web1 10.0.0.1:80 weight 10 check port 8080
    server web2 10.0.0.2:80 maxconn 50
`;

export function configOf(text: string, file = 'haproxy.cfg'): Config {
  return resolve([parseText(file, text)]);
}

export function compared(
  before: string,
  after: string,
  version = '2.6.12',
): readonly ConfigChange[] {
  return compareConfigs(configOf(before), configOf(after), version);
}

/** `~ server web/web1 runtime: web/web1: weight 10 → 20`, one a change. */
export function told(changes: readonly ConfigChange[]): readonly string[] {
  return changes.map(({ sign, subject, by }) => {
    const why = by.kind === 'runtime' ? by.changes.map(describeChange).join(', ') : by.because;
    return `${sign} ${subject} ${by.kind}: ${why}`;
  });
}

/** The last place where it stands. */
export function replaced(from: string, to: string): string {
  if (!CONFIG.includes(from)) throw new TypeError(`not in the configuration: ${from}`);
  const at = CONFIG.lastIndexOf(from);
  return CONFIG.slice(0, at) + to + CONFIG.slice(at + from.length);
}
