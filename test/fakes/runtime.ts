import { failed } from '../../src/error.js';
import type { RuntimeConnection } from '../../src/host/host.js';
import type { Effects } from './effects.js';
import { endWhenIdle, leaveSoon, workersOf } from './haproxy.js';
import { answerFrom, valuesFrom, type RuntimeValues } from './runtime-values.js';
import type { FakeProcess, HaproxyState, World } from './world.js';

type Haproxy = FakeProcess & { readonly haproxy: HaproxyState };

const CONNECT_MS = 0.5;

/** Sessions on unix sockets; processes that share a socket answer in turn. */
export class FakeRuntime {
  readonly #world: World;
  readonly #turns = new Map<number, number>();

  constructor(world: World) {
    this.#world = world;
  }

  connect(path: string, effects: Effects, open: Set<() => void>): RuntimeConnection {
    // Two processes of one machine need a moment to meet: who tries again and again gets older.
    this.#world.clock.advance(CONNECT_MS);
    const process = this.#acceptor(path);
    if (process === undefined) {
      throw failed('socket-silent', `cannot talk to HAProxy on ${path}: ECONNREFUSED`);
    }
    const state = process.haproxy;
    state.sessions += 1;
    let isOpen = true;
    const close = (): void => {
      if (!isOpen) return;
      isOpen = false;
      open.delete(close);
      state.sessions -= 1;
      if (this.#world.processes.has(process.pid)) endWhenIdle(this.#world, process);
    };
    open.add(close);
    const ask = async (command: string): Promise<string> => {
      effects.alive();
      if (!isOpen || process.stuck || !this.#world.processes.has(process.pid)) {
        throw failed('socket-silent', `HAProxy on ${path} closed the connection`);
      }
      const answer = (): string => answerTo(this.#world, process, path, command);
      if (command.startsWith('show ')) return answer();
      return effects.do({
        label: `ask ${command}`,
        apply: answer,
        failure: () => {
          close();
          return failed('socket-silent', `HAProxy on ${path} did not answer after "${command}"`);
        },
      });
    };
    const askAll = async (commands: readonly string[]): Promise<readonly string[]> => {
      const answers: string[] = [];
      for (const command of commands) answers.push(await ask(command));
      return answers;
    };
    return { ask, askAll, close };
  }

  #acceptor(path: string): Haproxy | undefined {
    const inode = this.#world.files.node(path)?.socket;
    const candidates = this.#world
      .haproxies()
      .filter(
        ({ haproxy, stuck }) =>
          !stuck &&
          !haproxy.executing &&
          haproxy.holdings.some((held) => held.socket.inode === inode && held.accepting),
      );
    if (inode === undefined || candidates.length === 0) return undefined;
    const turn = this.#turns.get(inode) ?? 0;
    this.#turns.set(inode, turn + 1);
    return candidates[turn % candidates.length];
  }
}

const VALUES = new WeakMap<FakeProcess, RuntimeValues>();

/** What was set at run time in that process. */
export function runtimeValuesOf(world: World, process: FakeProcess): RuntimeValues {
  const known = VALUES.get(process);
  if (known !== undefined) return known;
  const values = valuesFrom(world, process.haproxy?.config.text ?? '');
  VALUES.set(process, values);
  return values;
}

function answerTo(world: World, process: Haproxy, path: string, command: string): string {
  const [verb, noun, name = ''] = command.split(' ');
  const values = runtimeValuesOf(world, process);
  if (world.refusedCommand?.test(command) === true) return 'Permission denied\n';
  const answer = answerFrom(values, command);
  if (answer !== undefined) return answer;
  switch (`${verb ?? ''} ${noun ?? ''}`) {
    case 'show info':
      return `Name: HAProxy\nVersion: 2.6.12-1+deb12u4\nPid: ${process.pid}\nMaxconn: ${values.maxconn}\nStopping: ${process.haproxy.stopping ? 1 : 0}\n`;
    case 'show stat':
      return showStat(process, values);
    case 'show cli':
      return `${process.haproxy.config.statsSockets.find((socket) => path.startsWith(socket.path))?.level ?? 'operator'}\n`;
    case 'show proc':
      return showProc(world, process);
    case 'set timeout':
      return '\n';
    case 'disable frontend':
      return disable(world, process, name);
    case 'shutdown frontend':
      return shutdown(world, process, name);
    default:
      return 'Unknown command.\n';
  }
}

function showStat(process: Haproxy, { frontends }: RuntimeValues): string {
  const { config, shutFrontends } = process.haproxy;
  const rows = config.frontends.map((name) => {
    const paused = process.haproxy.holdings.some(
      (held) => held.frontend === name && !held.socket.listening,
    );
    const status = shutFrontends.has(name) ? 'STOP' : paused ? 'PAUSED' : 'OPEN';
    return `${name},FRONTEND,,,0,0,${frontends.get(name) ?? ''},${status},http,`;
  });
  return `# pxname,svname,qcur,qmax,scur,smax,slim,status,mode,\n${rows.join('\n')}\n`;
}

function showProc(world: World, master: Haproxy): string {
  const { failedReloads, reloads, role } = master.haproxy;
  if (role !== 'master') return 'Unknown command.\n';
  const note = failedReloads > 0 ? ` [failed: ${failedReloads}]` : '';
  const workers = workersOf(world, master);
  const line = (worker: Haproxy): string =>
    `${worker.pid}            worker          ${worker.haproxy.reloads}               0d00h00m04s     2.6.12-1+deb12u4`;
  return [
    '#<PID>          <type>          <reloads>       <uptime>        <version>',
    `${master.pid}            master          ${reloads}${note}               0d00h00m08s     2.6.12-1+deb12u4`,
    '# workers',
    ...workers.filter((worker) => worker.haproxy.reloads === 0).map(line),
    '# old workers',
    ...workers.filter((worker) => worker.haproxy.reloads > 0).map(line),
    '# programs',
    '',
  ].join('\n');
}

/** Pausing ends the listening of the socket itself, whoever else holds it. */
function disable(world: World, process: Haproxy, name: string): string {
  const { config, shutFrontends, holdings } = process.haproxy;
  if (!config.frontends.includes(name)) return 'No such frontend.\n';
  if (shutFrontends.has(name)) return 'Frontend was previously shut down, cannot disable.\n';
  const own = holdings.filter((held) => held.frontend === name);
  if (own.every((held) => !held.socket.listening)) return 'Frontend is already disabled.\n';
  for (const held of own) {
    world.closeQueue(held);
    held.socket.listening = false;
  }
  return '\n';
}

/** The descriptor stays open where listeners are exposed: only the accepting ends. */
function shutdown(world: World, process: Haproxy, name: string): string {
  const { shutFrontends, holdings, connections } = process.haproxy;
  if (shutFrontends.has(name)) return 'Frontend was already shut down.\n';
  shutFrontends.add(name);
  for (const held of holdings.filter(({ frontend }) => frontend === name)) {
    held.accepting = false;
    for (const one of connections)
      if (one.local === held.local) leaveSoon(world, process, one.inode);
  }
  return '\n';
}
