import { isIP } from 'node:net';
import type { Command } from 'commander';
import { usage } from '../error.js';
import type { Service } from '../host/diversion.js';
import type { HandoffScope } from '../reload/handoff-facts.js';

export interface ScopeFlags {
  readonly service?: readonly string[];
  readonly interface?: string;
}

/** What `handoff`, `handoff prepare` and `doctor --handoff` have in common. */
export function addScopeOptions(command: Command): Command {
  return command
    .option(
      '--service <address:port>',
      'a shared address and port, repeatable: 10.0.0.1:80, [fd00::1]:80',
      collect,
    )
    .option('--interface <name>', 'where clients and the other node are');
}

export function collect(value: string, former: readonly string[] = []): readonly string[] {
  return [...former, value];
}

export function scopeOf(flags: ScopeFlags): Omit<HandoffScope, 'peers'> {
  const { service = [], interface: device } = flags;
  if (service.length === 0) {
    throw usage('no service is named', 'name each shared address and port: --service 10.0.0.1:80');
  }
  if (device === undefined) throw usage('no interface is named', 'name it: --interface eth0');
  // As the kernel has it (dev_valid_name), and what nft takes in quotes.
  if (!/^[^\s/:"\\]{1,15}$/.test(device)) {
    throw usage(`"${device}" is not the name of an interface`, '"ip link" lists them');
  }
  return { services: service.map(parseService), device };
}

function parseService(text: string): Service {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const [, ipv6, ipv4, digits] = match ?? [];
  const port = Number(digits);
  const known = ipv6 === undefined ? isIP(ipv4 ?? '') === 4 : isIP(ipv6) === 6;
  if (!known || port < 1 || port > 65_535) {
    throw usage(`"${text}" is not ADDRESS:PORT`, 'write 10.0.0.1:80, or [fd00::1]:80');
  }
  return { address: canonical(ipv6 ?? ipv4 ?? ''), port };
}

/** @throws HitlessError `usage` */
export function parsePeers(texts: readonly string[]): readonly string[] {
  for (const text of texts) {
    if (isIP(text) === 0 || text.includes('%')) {
      throw usage(`--peer "${text}" is not an address`, 'write it as numbers: 10.0.0.22, fd00::22');
    }
  }
  const families = texts.map((text) => isIP(text));
  if (new Set(families).size < families.length) {
    throw usage(
      'two peers of one family are named',
      'there is one other node: name its IPv4 and its IPv6 address',
    );
  }
  return texts.map(canonical);
}

/** As the kernel and iproute2 print it: `FD77:0::1` is `fd77::1`. */
function canonical(address: string): string {
  if (!address.includes(':')) return address;
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}
