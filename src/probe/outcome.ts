/** Every way in which a request can be lost. The set is part of the report's format. */
export const LOSS_CAUSES = [
  /** The connection was refused: RST or ICMP in answer to the SYN, no such socket, full backlog. */
  'refused',
  /** RST before one byte of the answer, or while the connection was being made. */
  'reset',
  /** FIN before one byte of the answer, on a connection made for this request. */
  'closed-unanswered',
  /** FIN or RST before one byte of the answer, on a kept connection that had served before. */
  'closed-reused',
  /**
   * FIN or RST in the middle of the answer. The two are not told apart here: libuv reports a RST
   * that comes with the last bytes as an end of file (POLLHUP after a partial read).
   */
  'truncated',
  /** A whole answer whose body is none of the reference ones. */
  'corrupt',
  /** A whole answer whose status is none of the reference ones, below 500. */
  'wrong-status',
  /** A 5xx that the service did not give before the run: the proxy had no server to ask. */
  'proxy-5xx',
  /** Connected, and no whole answer in time. */
  'timeout',
  /** Not connected in time. */
  'connect-timeout',
  /** Bytes that are no HTTP answer, or bytes that nobody asked for. */
  'protocol',
  /** A long connection broke; counted once for the connection besides what it carried. */
  'tunnel-broken',
] as const;

export type LossCause = (typeof LOSS_CAUSES)[number];

/** `client-error` is the prober's own fault (no descriptor, no port): no loss, but no proof either. */
export type Cause = LossCause | 'client-error';

export interface Ending {
  /** `FIN`, or the error's code as Node names it. */
  readonly how: string;
  readonly connected: boolean;
  /** The connection had carried a whole answer before this request. */
  readonly reused: boolean;
  /** Some of the answer had come. */
  readonly begun: boolean;
}

const REFUSED = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENOENT',
  // A unix socket whose backlog is full answers connect() with EAGAIN.
  'EAGAIN',
]);
const RESET = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ENOTCONN']);

/** What the end of a connection means for the request that was on it, its answer not being whole. */
export function causeOfEnding(ending: Ending): Cause {
  const { how, connected } = ending;
  if (how === 'ETIMEDOUT') return connected ? 'timeout' : 'connect-timeout';
  if (!connected && REFUSED.has(how)) return 'refused';
  if (isTlsError(how)) return 'protocol';
  if (how !== 'FIN' && !RESET.has(how)) return 'client-error';
  if (ending.begun) return 'truncated';
  if (ending.reused) return 'closed-reused';
  return how === 'FIN' ? 'closed-unanswered' : 'reset';
}

function isTlsError(how: string): boolean {
  return how === 'EPROTO' || how.startsWith('ERR_SSL') || how.startsWith('ERR_TLS');
}

/** What a whole answer with a status that no reference has means. */
export function causeOfStatus(status: number): LossCause {
  return status >= 500 ? 'proxy-5xx' : 'wrong-status';
}

/**
 * Connecting this long means that a SYN was sent again: Linux waits 1 s for the first answer
 * (TCP_TIMEOUT_INIT), and nothing else on the way takes that long in one piece.
 */
export const LATE_CONNECT_MS = 900;
