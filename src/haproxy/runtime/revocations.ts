/** Revocation lists (CRL), as files hold them and as the runtime API shows them. Pure. */
export interface RevocationList {
  /** `Nov 29 10:23:45 2026 GMT`, as OpenSSL prints it. */
  readonly lastUpdate: string;
  /** Empty where the list names none. */
  readonly nextUpdate: string;
  /** Capital hex digits, in the order of the list. */
  readonly serials: readonly string[];
}

/** The lists of a PEM text; what is no list, or is not readable as one, is left out. */
export function revocationListsIn(pem: string): readonly RevocationList[] {
  const pattern = /^-----BEGIN X509 CRL-----\r?\n([A-Za-z0-9+/=\s]+?)-----END /gm;
  return [...pem.matchAll(pattern)].flatMap((match) => {
    const found = listOf(Buffer.from(match[1] ?? '', 'base64'));
    return found === undefined ? [] : [found];
  });
}

/** `show ssl crl-file PATH` */
export function shownRevocationLists(text: string): readonly RevocationList[] {
  const [, ...lists] = text.split(/^Certificate Revocation List #\d+:$/m);
  return lists.map((list) => ({
    lastUpdate: /^Last Update: (.*)$/m.exec(list)?.[1] ?? '',
    nextUpdate: /^Next Update: (.*)$/m.exec(list)?.[1] ?? '',
    // A very long number goes on in the next line.
    serials: [...list.replaceAll('\\\n', '').matchAll(/^ *Serial Number: ([0-9A-F]+)\n/gm)].map(
      (match) => match[1] ?? '',
    ),
  }));
}

/**
 * HAProxy shows no more of a file than fits into one buffer of 16 kB (tune.bufsize; 2.6: some two
 * hundred numbers): what is missing then tells nothing.
 */
const WHOLE_MAX_BYTES = 15_000;

/** Whether what HAProxy shows cannot come from this file. */
export function isOtherRevocation(shown: string, pem: string): boolean {
  const running = shownRevocationLists(shown);
  const files = revocationListsIn(pem);
  const whole = shown.length < WHOLE_MAX_BYTES;
  if (whole && running.length !== files.length) return true;
  return running.some((one) => !files.some((other) => isShownFrom(one, other, whole)));
}

function isShownFrom(shown: RevocationList, file: RevocationList, whole: boolean): boolean {
  return (
    shown.lastUpdate === file.lastUpdate &&
    shown.nextUpdate === file.nextUpdate &&
    (!whole || shown.serials.length === file.serials.length) &&
    shown.serials.every((serial, at) => serial === file.serials[at])
  );
}

/** `of Nov 29 10:23:45 2026 GMT, 2 revoked`, for people. */
export function describeRevocations(lists: readonly RevocationList[]): string {
  return lists
    .map(({ lastUpdate, serials }) => `of ${lastUpdate}, ${serials.length} revoked`)
    .join('; ');
}

/** One value of DER (X.690). */
interface Value {
  readonly tag: number;
  readonly content: Buffer;
}

const TAG = { integer: 0x02, utcTime: 0x17, generalizedTime: 0x18, sequence: 0x30 } as const;

/** TBSCertList of RFC 5280, 5.1. */
function listOf(der: Buffer): RevocationList | undefined {
  const [outer] = valuesIn(der);
  const [signed] = valuesIn(outer?.content);
  const [first, ...more] = valuesIn(signed?.content);
  // Algorithm and issuer come behind an optional version.
  const [last, next, ...behind] = first?.tag === TAG.integer ? more.slice(2) : more.slice(1);
  if (last === undefined || !isTime(last)) return undefined;
  const hasNext = next !== undefined && isTime(next);
  const revoked = hasNext ? behind[0] : next;
  const entries = revoked?.tag === TAG.sequence ? valuesIn(revoked.content) : [];
  return {
    lastUpdate: timeOf(last),
    nextUpdate: hasNext ? timeOf(next) : '',
    serials: entries.map(({ content }) => serialOf(valuesIn(content)[0])),
  };
}

/** Of what is cut off or no DER as much as there is. */
function valuesIn(content: Buffer = Buffer.alloc(0)): readonly Value[] {
  const values: Value[] = [];
  for (let at = 0; at + 2 <= content.length; ) {
    const tag = content[at] ?? 0;
    const short = content[at + 1] ?? 0;
    const size = short < 0x80 ? 0 : short & 0x7f;
    if (size > 4 || at + 2 + size > content.length) break;
    const length = size === 0 ? short : content.readUIntBE(at + 2, size);
    const from = at + 2 + size;
    values.push({ tag, content: content.subarray(from, from + length) });
    at = from + length;
  }
  return values;
}

function isTime({ tag }: Value): boolean {
  return tag === TAG.utcTime || tag === TAG.generalizedTime;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** As ASN1_TIME_print of OpenSSL has it. */
function timeOf({ tag, content }: Value): string {
  const text = content.toString('latin1');
  const years = tag === TAG.utcTime ? 2 : 4;
  const match = new RegExp(`^(\\d{${years}})(\\d\\d)(\\d\\d)(\\d\\d)(\\d\\d)(\\d\\d)Z$`).exec(text);
  if (match === null) return text;
  const [, year = '', month = '', day = '', hours = '', minutes = '', seconds = ''] = match;
  const century = years === 4 ? '' : Number(year) < 50 ? '20' : '19';
  const name = MONTHS[Number(month) - 1] ?? '';
  const date = String(Number(day)).padStart(2, ' ');
  return `${name} ${date} ${hours}:${minutes}:${seconds} ${century}${year} GMT`;
}

function serialOf(value: Value | undefined): string {
  const digits = value?.content.toString('hex').toUpperCase() ?? '';
  // The sign's own byte is not part of the number.
  return digits.length > 2 && digits.startsWith('00') ? digits.slice(2) : digits;
}
