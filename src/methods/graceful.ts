import type { ProcessId } from '../host/host.js';
import type { ServiceName } from '../services/service.js';
import type { ExpectedLoss, MethodSteps } from './method.js';

/**
 * The reload that nginx and Apache have themselves: the master keeps its listening sockets, starts
 * workers with the new configuration and tells the old ones to finish. Pure.
 */
export interface GracefulFacts {
  readonly service: ServiceName;
  readonly label: string;
  readonly master: ProcessId;
  readonly workers: readonly ProcessId[];
  /** What the new workers must listen on, as the kernel names it. */
  readonly listeners: readonly {
    readonly family: 'ipv4' | 'ipv6' | 'unix';
    readonly local: string;
  }[];
  readonly errorLogs: readonly string[];
  readonly startArgv: readonly string[];
  /** Clients may stay connected between two requests, and an old worker closes such connections. */
  readonly cutsIdleClients: boolean;
  /** `worker_shutdown_timeout` of nginx as written. */
  readonly shutdownTimeout: string | undefined;
  /** Fewer sockets of their own (`reuseport`) after the reload than before. */
  readonly closesSockets: { readonly from: number; readonly to: number } | undefined;
}

export function gracefulSteps(facts: GracefulFacts, drainTimeoutMs: number): MethodSteps {
  const { service, master, workers, listeners, errorLogs, startArgv } = facts;
  return {
    handOver: [
      { kind: 'reload-service', id: 'reload', service, master, errorLogs, startArgv },
      {
        kind: 'await-workers',
        id: 'workers',
        service,
        master,
        old: workers.map(({ pid }) => pid),
        listeners,
      },
    ],
    retire: [{ kind: 'await-retired', id: 'retired', workers, timeoutMs: drainTimeoutMs }],
  };
}

/** What was measured to be lost, each with who loses it. */
export function gracefulLosses(facts: GracefulFacts): readonly ExpectedLoss[] {
  const losses: ExpectedLoss[] = [];
  const flip = `use "hitless flip --service ${facts.service}"`;
  if (facts.cutsIdleClients) {
    losses.push({
      what: 'requests of keep-alive clients that do not send them again',
      because: `an old worker of ${facts.label} closes idle connections at once, and a request may be on its way on one`,
      remedy: `${flip}, or ${NO_KEEP_ALIVE[facts.service]}`,
    });
  }
  if (facts.service === 'apache') {
    losses.push({
      what: 'some new connections, now and then',
      because:
        'a new process may crash as it sets the members of a balancer up, an origin whose workers are all busy closes connections that are used again (502), and an old process under overload may end with accepted connections unread',
      remedy: `${flip}; ${NO_BALANCER}`,
    });
  }
  if (facts.closesSockets !== undefined) {
    const { from, to } = facts.closesSockets;
    losses.push({
      what: 'connections that wait in the queue of a worker that is not started again',
      because: `with "reuseport" each worker has a socket of its own, and ${to} follow ${from}`,
      remedy: `${flip}, or keep worker_processes at ${from}, or take "reuseport" out`,
    });
  }
  if (facts.shutdownTimeout !== undefined) {
    losses.push({
      what: `requests and connections that last longer than ${facts.shutdownTimeout} from now on`,
      because: 'worker_shutdown_timeout closes them in the old workers',
      remedy: 'take worker_shutdown_timeout out, or make it longer than any request',
    });
  }
  return losses;
}

/** Measured to lose nothing at loads that Apache keeps up with; that is no promise for others. */
const NO_BALANCER = 'less is lost with ProxyPass to one address and "disablereuse=On"';

/** Measured to work; each costs clients a new connection for every request. */
const NO_KEEP_ALIVE: Readonly<Record<ServiceName, string>> = {
  nginx:
    'set "keepalive_timeout 0" (nginx 1.27.4 and newer: "keepalive_min_timeout" as long as keepalive_timeout); it counts from the reload after the next',
  apache: 'set "KeepAlive Off"; it counts from the reload after the next',
};
