/** Kernel counters that tell whether packets or connections were lost, from netstat and snmp. */
export const KERNEL_COUNTERS = [
  'TCPSynRetrans',
  'ListenOverflows',
  'ListenDrops',
  'TCPMigrateReqSuccess',
  'TCPMigrateReqFailure',
  'OutRsts',
  'EstabResets',
  'TCPReqQFullDrop',
  'TCPTimeouts',
] as const;

export type KernelCounter = (typeof KERNEL_COUNTERS)[number];
/** A counter that this kernel does not have is absent. */
export type KernelCounters = Readonly<Partial<Record<KernelCounter, number>>>;

const TABLES = new Set(['Tcp', 'TcpExt']);

/** Reads the pairs of lines (names, values) of /proc/PID/net/netstat and /proc/PID/net/snmp. */
export function parseCounters(text: string): KernelCounters {
  const counters: Partial<Record<KernelCounter, number>> = {};
  const lines = text.split('\n');
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const [table, ...names] = (lines[i] as string).split(/[: ]+/);
    const [, ...values] = (lines[i + 1] as string).split(/[: ]+/);
    if (table === undefined || !TABLES.has(table)) continue;
    for (const name of KERNEL_COUNTERS) {
      const column = names.indexOf(name);
      if (column !== -1) counters[name] = Number(values[column]);
    }
  }
  return counters;
}

export function counterDifference(before: KernelCounters, after: KernelCounters): KernelCounters {
  const difference: Partial<Record<KernelCounter, number>> = {};
  for (const name of KERNEL_COUNTERS) {
    const [from, to] = [before[name], after[name]];
    if (from !== undefined && to !== undefined) difference[name] = to - from;
  }
  return difference;
}
