import type { FakeConfig } from './haproxy-config.js';
import type { World } from './world.js';

/** A server as the fake HAProxy has it in memory, without help from src/. */
export interface FakeServer {
  readonly backend: string;
  readonly name: string;
  readonly port: string;
  readonly initialWeight: number;
  address: string;
  weight: number;
  /** 1: in maintenance, 8: drained, both by hand. */
  admin: number;
  up: boolean;
}

/** As a process that starts has them: by its configuration, and by the state file if it loads one. */
export function initialServers(world: World, config: FakeConfig): Map<string, FakeServer> {
  const servers = new Map(
    config.servers.map((server): [string, FakeServer] => [
      `${server.backend}/${server.name}`,
      { ...server, weight: server.initialWeight, admin: 0, up: true },
    ]),
  );
  const text = config.stateFile === undefined ? undefined : world.files.text(config.stateFile);
  for (const line of (text ?? '').split('\n')) {
    const words = line.split(' ');
    const server = servers.get(`${words[1] ?? ''}/${words[3] ?? ''}`);
    if (server === undefined || line.startsWith('#')) continue;
    server.up = words[5] !== '0';
    server.admin = Number(words[6]);
    server.weight = Number(words[7]);
  }
  return servers;
}

const COLUMNS =
  'be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port';

export function showServers(servers: ReadonlyMap<string, FakeServer>): string {
  const lines = [...servers.values()].map((one, at) =>
    [
      ...[1, one.backend, at + 1, one.name, one.address, one.up && one.admin !== 1 ? 2 : 0],
      ...[one.admin, one.weight, one.initialWeight, 9, 6, 3, 4, 6, 0, 0, 0, '-', one.port],
      ...['-', 0, 0, '-', '-', 0],
    ].join(' '),
  );
  return `1\n# ${COLUMNS}\n${lines.join('\n')}\n`;
}

/** `set server BACKEND/SERVER ATTRIBUTE VALUE` */
export function setServer(servers: ReadonlyMap<string, FakeServer>, command: string): string {
  const [, , name = '', attribute, value = ''] = command.split(' ');
  const server = servers.get(name);
  if (server === undefined) return 'No such server.\n';
  if (attribute === 'state') server.admin = { maint: 1, drain: 8 }[value] ?? 0;
  if (attribute === 'weight') server.weight = Number(value);
  if (attribute === 'health') server.up = value === 'up';
  if (attribute === 'addr') server.address = value;
  return '\n';
}
