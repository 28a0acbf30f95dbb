import type { CommandResult, Socket } from '../../src/host/host.js';
import type { FakeConfig } from './haproxy-config.js';
import { FileTree } from './file-tree.js';
import { FakeNft } from './nft-maps.js';
import { dropsSyns, type FakeTable } from './nft-sets.js';
import { newTc, plugsSyns, type FakeTc } from './tc.js';
import type { FakeTable as DynamicTable } from './nft-dynamic.js';
import { VirtualClock } from './virtual-clock.js';

/** A listening socket in the kernel, held open by one process or several. */
export interface KernelSocket {
  readonly inode: number;
  readonly family: Socket['family'];
  /** As the kernel names it: `PATH.PID.tmp` for a unix socket. */
  readonly local: string;
  readonly net: string;
  /** False once somebody has paused it (`shutdown(2)`): for every process that holds it. */
  listening: boolean;
}

export interface Holding {
  readonly socket: KernelSocket;
  /** Address as configured. */
  readonly local: string;
  /** Null for a stats or master socket. */
  readonly frontend: string | null;
  /** This process takes connections from it. */
  accepting: boolean;
}

export interface Connection {
  readonly inode: number;
  readonly local: string;
  readonly family: Socket['family'];
  readonly peer: string;
}

export interface HaproxyState {
  readonly role: 'alone' | 'master' | 'worker';
  config: FakeConfig;
  holdings: Holding[];
  connections: Connection[];
  /** Open runtime sessions: they keep a stopping process from ending. */
  sessions: number;
  readonly shutFrontends: Set<string>;
  stopping: boolean;
  /** Of a master: it executes itself anew and answers nobody. */
  executing: boolean;
  reloadAgain: boolean;
  failedReloads: number;
  reloads: number;
  /** Its clients never leave. */
  keepsClients: boolean;
  /** A thread of it is held in the middle of accepting, until then, and takes one client more. */
  acceptsUntilMs?: number;
}

export interface FakeProcess {
  readonly pid: number;
  readonly startTicks: number;
  readonly parentPid: number;
  /** nginx changes its own. */
  argv: readonly string[];
  readonly exe: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly net: string;
  /** It neither acts on signals nor answers (SIGSTOP, or a bug). */
  stuck: boolean;
  /** As old as the world when absent: older than every file. */
  ageMs?: number;
  /** It answers, but does nothing on a signal. */
  stuckOnSignals: boolean;
  readonly haproxy: HaproxyState | undefined;
}

export type Sysctls = Map<string, string>;

/** A half-open handshake towards a listener. */
export interface Handshake {
  readonly local: string;
  readonly peer: string;
}

const RESTART_MS = 1_000;

/** As the kernel has them after a boot. */
const SYSCTLS = [
  ['net.ipv4.tcp_migrate_req', '0'],
  ['net.netfilter.nf_conntrack_tcp_loose', '1'],
] as const;

/** All that lives on the machine, whoever looks at it. */
export class World {
  readonly clock = new VirtualClock(Date.UTC(2026, 0, 2, 3, 4, 5));
  readonly files = new FileTree();
  readonly processes = new Map<number, FakeProcess>();
  readonly sysctls = new Map<string, Sysctls>();
  /** Tables of nft by their name, of each network namespace. */
  readonly tables = new Map<string, Map<string, FakeTable>>();
  /** Qdiscs, filters and links of each network namespace. */
  readonly trafficControl = new Map<string, FakeTc>();
  /** How long each guard (host.ts) watches, by its pid. */
  readonly guardTimes = new Map<number, { readonly afterMs: number; readonly untilMs: number }>();
  /** A part of traffic control that the kernel does not have. */
  missingModule: string | undefined;
  handshakes: Handshake[] = [];
  /** Packet rules. */
  nft = new FakeNft();
  /**
   * Ports that clients know, where a map may lead them elsewhere: a listener that is left by all
   * of them closes without harm. Empty: every listener has clients at all times.
   */
  readonly publicPorts = new Set<number>();
  /** Length of the accept queue of whoever listens there. */
  readonly waiting = new Map<string, number>();
  /** Listeners whose waiting connections the kernel has reset. */
  resets: string[] = [];
  /** What a supervisor does some time after its child has ended, by its pid. */
  readonly supervisors = new Map<number, () => void>();
  /** Tables that divert flows, by family and name. */
  diversions = new Map<string, DynamicTable>();
  /** `ADDRESS DEVICE`. */
  readonly addresses = new Set<string>();
  /** The other node has not got the shared address, or is down. */
  peerIsSilent = false;
  /** What programs of the test's own do, by their name. */
  readonly programs = new Map<string, () => CommandResult>();
  bootId = 'boot-1';
  /** Network namespace of what somebody else than hitless starts. */
  newNet = 'host';
  /** What the next starts of HAProxy do, for tests of failures. */
  startTrouble: 'none' | 'ends-at-once' | 'ignores-passed-sockets' | 'late' = 'none';
  /** Commands of the runtime API that every HAProxy refuses. */
  refusedCommand: RegExp | undefined;
  /** A master cannot load what `-c` accepted. */
  masterRefuses = false;
  #nextPid = 100;
  #nextInode = 5000;

  constructor() {
    for (const net of ['host', 'container']) {
      this.sysctls.set(net, new Map(SYSCTLS));
    }
  }

  newInode(): number {
    return (this.#nextInode += 1);
  }

  add(process: Omit<FakeProcess, 'pid' | 'startTicks' | 'stuck' | 'stuckOnSignals'>): FakeProcess {
    const pid = (this.#nextPid += 1);
    const added = { ...process, pid, startTicks: pid * 10, stuck: false, stuckOnSignals: false };
    this.processes.set(pid, added);
    return added;
  }

  end(process: FakeProcess): void {
    if (!this.processes.delete(process.pid)) return;
    if (!this.processes.has(process.parentPid)) return;
    const startAgain = this.supervisors.get(process.parentPid);
    if (startAgain !== undefined) this.clock.after(RESTART_MS, startAgain);
  }

  /** Every living HAProxy, oldest first. */
  haproxies(): readonly (FakeProcess & { readonly haproxy: HaproxyState })[] {
    return [...this.processes.values()].filter(
      (process): process is FakeProcess & { readonly haproxy: HaproxyState } =>
        process.haproxy !== undefined,
    );
  }

  netOf(pid: number): string {
    return this.processes.get(pid)?.net ?? 'host';
  }

  /** Processes that take connections made to this address now. */
  acceptorsOf(local: string): readonly FakeProcess[] {
    const leadsTo = local.startsWith('/') ? this.files.node(local)?.socket : undefined;
    return this.haproxies().filter(({ haproxy }) =>
      haproxy.holdings.some(
        (held) =>
          held.local === local &&
          held.accepting &&
          held.socket.listening &&
          (!local.startsWith('/') || held.socket.inode === leadsTo),
      ),
    );
  }

  /** Sockets in which connections would queue for nobody. */
  blackHoles(): readonly string[] {
    const held = this.haproxies().flatMap(({ haproxy }) => haproxy.holdings);
    const listening = held.filter(({ socket }) => socket.listening);
    return listening
      .filter(({ socket }) => !held.some((one) => one.socket === socket && one.accepting))
      .map(({ local }) => local);
  }

  /** The last holder of a listening socket closes or pauses it: what waits there must go on. */
  closeQueue({ socket, local }: Holding): void {
    const holders = this.haproxies().filter(({ haproxy }) =>
      haproxy.holdings.some((held) => held.socket === socket),
    );
    if (socket.family === 'unix' || !socket.listening || holders.length > 1) return;
    if (this.#isQuiet(socket)) return;
    if (this.publicPorts.size > 0 && !this.hasClients(local)) return;
    if (this.sysctls.get(socket.net)?.get('net.ipv4.tcp_migrate_req') !== '1') {
      this.resets.push(local);
    }
  }

  /** No SYN comes to it any more, and no handshake is under way: nothing waits there. */
  #isQuiet({ net, local }: KernelSocket): boolean {
    const port = local.slice(local.lastIndexOf(':'));
    const underWay = this.handshakes.some((handshake) => handshake.local.endsWith(port));
    const held = dropsSyns(this, net, local) || plugsSyns(this.tcIn(net), local);
    return held && !underWay;
  }

  /** Of the network namespace of a process; of hitless' own without one. */
  tcOf(pid: number | undefined): FakeTc {
    return this.tcIn(pid === undefined ? 'host' : this.netOf(pid));
  }

  tcIn(net: string): FakeTc {
    const there = this.trafficControl.get(net) ?? newTc();
    this.trafficControl.set(net, there);
    return there;
  }

  /** Somebody takes connections to this port, on whatever address. */
  accepts(port: number): boolean {
    return this.haproxies().some(({ haproxy, stuck }) =>
      haproxy.holdings.some(
        (held) =>
          !stuck && held.accepting && held.socket.listening && held.local.endsWith(`:${port}`),
      ),
    );
  }

  /** A connection is on its way to the listener, or the next one will be. */
  hasClients(local: string): boolean {
    const port = Number(local.slice(local.lastIndexOf(':') + 1));
    if (this.handshakes.some((one) => one.local.endsWith(`:${port}`))) return true;
    const rotating = [...this.nft.rotations.values()].some((members) => members.includes(port));
    const placed = rotating || [...this.nft.elements.values()].includes(port);
    return placed || (this.publicPorts.has(port) && this.portBehind(local) === port);
  }

  /** Where the kernel leads connections to a public address. */
  portBehind(local: string): number {
    const at = local.lastIndexOf(':');
    const host = local.slice(0, at).replace(/^\[(.*)\]$/, '$1');
    const port = local.slice(at + 1);
    const version = host.includes(':') ? 6 : 4;
    const { elements } = this.nft;
    return (
      elements.get(`hitless_flip addresses${version} ${host} . ${port}`) ??
      elements.get(`hitless_flip ports${version} ${port}`) ??
      Number(port)
    );
  }

  /** Power off and on: what was in memory is gone. */
  reboot(): void {
    this.processes.clear();
    this.handshakes = [];
    this.tables.clear();
    this.nft = new FakeNft();
    this.trafficControl.clear();
    this.bootId = `${this.bootId}+`;
    for (const net of this.sysctls.keys()) this.sysctls.set(net, new Map(SYSCTLS));
  }
}
