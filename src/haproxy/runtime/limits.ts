/** Limits of sessions in `show stat`, pure. */
export interface Limit {
  readonly proxy: string;
  /** `FRONTEND`, `BACKEND`, or the server's name. */
  readonly server: string;
  /** 0: none, which HAProxy prints as an empty field. */
  readonly maxconn: number;
}

export function parseLimits(text: string): readonly Limit[] {
  const [header = '', ...lines] = text.replace(/^# /, '').trim().split('\n');
  const at = header.split(',').indexOf('slim');
  if (at < 0) return [];
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      // Some hundred fields follow, which nobody asks for here.
      const values = line.split(',', at + 1);
      return { proxy: values[0] ?? '', server: values[1] ?? '', maxconn: Number(values[at]) || 0 };
    });
}
