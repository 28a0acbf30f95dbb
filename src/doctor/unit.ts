/** What a systemd unit says of one service (systemd.syntax(7)). Pure. */
export interface Unit {
  /** The unit file. */
  readonly file: string;
  /** Values of the settings in `[Service]`; an empty one forgets those before it. */
  readonly settings: ReadonlyMap<string, readonly string[]>;
}

/** @param texts the unit file and its drop-ins, in the order in which systemd reads them */
export function parseUnit(file: string, texts: readonly string[]): Unit {
  const settings = new Map<string, readonly string[]>();
  let section = '';
  for (const line of texts.join('\n').replaceAll('\\\n', ' ').split('\n')) {
    const text = line.trim();
    if (text.startsWith('#') || text.startsWith(';')) continue;
    if (text.startsWith('[')) section = text;
    const [, name, value = ''] = /^(\w+)\s*=\s*(.*)$/.exec(text) ?? [];
    if (name === undefined || section !== '[Service]') continue;
    settings.set(name, value === '' ? [] : [...(settings.get(name) ?? []), value]);
  }
  return { file, settings };
}

/** The last value counts where there can only be one. */
export function unitSetting({ settings }: Unit, name: string): string | undefined {
  return settings.get(name)?.at(-1);
}
