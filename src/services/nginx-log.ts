/**
 * What nginx's error log says of a reload that failed: `2026/01/02 03:04:05 [emerg] 12#12: ...`
 * (ngx_log.c). Pure.
 */
export interface Complaint {
  readonly message: string;
  /** It has given up. A bind that failed is tried again five times, half a second apart. */
  readonly final: boolean;
}

export function nginxComplaint(log: string, masterPid: number): Complaint | undefined {
  const messages = [...log.matchAll(LINE)].flatMap(([, pid, message = '']) =>
    Number(pid) === masterPid ? [message.trim()] : [],
  );
  const gaveUp = messages.find((message) => !message.startsWith('bind()'));
  if (gaveUp === undefined) {
    const [first] = messages;
    return first === undefined ? undefined : { message: first, final: false };
  }
  const bind = messages.find((message) => message.startsWith('bind()'));
  return { message: bind ?? gaveUp, final: true };
}

const LINE = /^\S+ \S+ \[emerg\] (\d+)#\d+: (.*)$/gm;
