/** What HAProxy prints at start and with `-c`, pure. */
export interface Message {
  readonly level: 'alert' | 'warning' | 'notice' | 'other';
  readonly text: string;
  /** Path and line of the configuration, when the message names them. */
  readonly place: { readonly file: string; readonly line: number } | undefined;
}

/**
 * Lines such as `[ALERT]    (123) : config : parsing [a.cfg:2] : unknown keyword 'foo'`; before
 * 2.4 `[ALERT] 325/101010 (123) : parsing ...`.
 */
export function parseMessages(output: string): readonly Message[] {
  return output.split('\n').flatMap((line) => {
    const match = /^\[(ALERT|WARNING|NOTICE)\]\s+(?:\S+\s+)?\(\d+\) : (.*)$/.exec(line.trim());
    if (match === null) return [];
    return [toMessage(match[1] ?? '', match[2] ?? '')];
  });
}

function toMessage(level: string, rest: string): Message {
  const text = rest.replace(/^config : /, '');
  const place = /parsing \[(.+?):(\d+)\]/.exec(text);
  return {
    level: LEVELS[level] ?? 'other',
    text: text.replace(/^parsing \[.+?:\d+\] : /, ''),
    place: place === null ? undefined : { file: place[1] ?? '', line: Number(place[2]) },
  };
}

const LEVELS: Readonly<Record<string, Message['level']>> = {
  ALERT: 'alert',
  WARNING: 'warning',
  NOTICE: 'notice',
};

/** The alerts worth showing: those with a place, else all but HAProxy's own summing up. */
export function alertsOf(output: string): readonly Message[] {
  const alerts = parseMessages(output).filter((message) => message.level === 'alert');
  const placed = alerts.filter((alert) => alert.place !== undefined);
  const told = placed.length > 0 ? placed : alerts.filter((alert) => !SUMMING_UP.test(alert.text));
  return told.length > 0 ? told : alerts;
}

/** HAProxy gave up over the configuration itself: it has bound nothing and told nobody. */
export function refusesConfiguration(output: string): boolean {
  return parseMessages(output).some(({ text }) => SUMMING_UP.test(text));
}

const SUMMING_UP = /^(Error\(s\) found in configuration file|Fatal errors found in configuration)/;

/** `a.cfg:2: unknown keyword 'foo'`, one line each. */
export function describeAlerts(output: string): string {
  const lines = alertsOf(output).map(({ place, text }) =>
    place === undefined ? text : `${place.file}:${place.line}: ${text}`,
  );
  return lines.length > 0 ? lines.join('\n') : output.trim();
}
