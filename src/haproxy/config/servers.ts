import { foundIn, type Place, type Proxy } from './resolve.js';
import type { Word } from './lexer.js';
import { wordsOf, type Section, type Statement } from './sections.js';
import { isRetraction, oppositeOf, SETTINGS_AT, settingsIn } from './server-words.js';

/** One setting of a server and the line that says it. */
export interface Setting extends Place {
  readonly keyword: string;
  /** As HAProxy reads them (latin1). */
  readonly args: readonly string[];
  /** From a `default-server` line. */
  readonly inherited: boolean;
  /** An argument holds a variable that only HAProxy can expand. */
  readonly env: boolean;
}

export interface ServerSpec extends Place {
  readonly name: string;
  /** As written, without the port: `10.0.0.1`, `[::1]`, `unix@/path`, a name. */
  readonly address: string;
  /** As written; `+N` is the client's own port plus N. */
  readonly port: string | undefined;
  /** Those of `default-server` lines before this one first; what `no-` took back is left out. */
  readonly settings: readonly Setting[];
  /** One of several that a `server-template` line makes. */
  readonly template: { readonly prefix: string; readonly index: number } | undefined;
  readonly statement: Statement;
  /** Only HAProxy can tell whether it is there, or what it says. */
  readonly conditional: boolean;
}

/** The servers of a backend or listen section in the order of the file, templates expanded. */
export function serversOf(proxy: Proxy): readonly ServerSpec[] {
  if (proxy.kind === 'frontend') return [];
  let initial = inheritedSettings(proxy);
  const servers: ServerSpec[] = [];
  for (const statement of proxy.section.statements) {
    if (statement.keyword === 'default-server') {
      initial = withLine(initial, proxy.section, statement, wordsOf(statement), true);
    } else if (statement.keyword === 'server') {
      servers.push(serverOf(proxy, statement, initial));
    } else if (statement.keyword === 'server-template') {
      servers.push(...templateOf(proxy, statement, initial));
    }
  }
  return servers;
}

/** The last in force. */
export function settingOf(server: ServerSpec, keyword: string): Setting | undefined {
  return server.settings.findLast((setting) => setting.keyword === keyword);
}

interface Settings {
  readonly settings: readonly Setting[];
  readonly conditional: boolean;
}

const NO_SETTINGS: Settings = { settings: [], conditional: false };
/** By the nearest defaults section, whose `from` tells the others. */
const INHERITED = new WeakMap<Section, Settings>();

/** A defaults section hands its `default-server` on, along `from` too. */
function inheritedSettings({ defaults }: Proxy): Settings {
  const [nearest] = defaults;
  if (nearest === undefined) return NO_SETTINGS;
  const known = INHERITED.get(nearest) ?? handedOn(defaults);
  INHERITED.set(nearest, known);
  return known;
}

function handedOn(defaults: readonly Section[]): Settings {
  let found = NO_SETTINGS;
  for (const section of defaults.toReversed()) {
    for (const statement of section.statements) {
      if (statement.keyword !== 'default-server') continue;
      found = withLine(found, section, statement, wordsOf(statement), true);
    }
  }
  return found;
}

function withLine(
  { settings, conditional }: Settings,
  section: Section,
  statement: Statement,
  all: readonly Word[],
  inherited: boolean,
): Settings {
  const words = all.slice(SETTINGS_AT[statement.keyword]);
  const { file } = section;
  const line = statement.line.number;
  let merged = [...settings];
  for (const { keyword, words: own } of settingsIn(words)) {
    const opposite = oppositeOf(keyword);
    if (opposite !== undefined) merged = merged.filter((other) => other.keyword !== opposite);
    if (isRetraction(keyword)) continue;
    const args = own.slice(1).map(({ value }) => value);
    const env = own.some((word) => word.env);
    merged.push({ keyword, args, inherited, env, file, line });
  }
  const uncertain = foundIn(section, statement, inherited).conditional;
  return { settings: merged, conditional: conditional || uncertain };
}

function serverOf(proxy: Proxy, statement: Statement, initial: Settings): ServerSpec {
  const words = wordsOf(statement);
  return specOf(proxy, statement, words, words[2], initial)(words[1]?.value ?? '', undefined);
}

/** HAProxy itself would take minutes beyond; what is left out makes the template uncertain. */
const TEMPLATE_LIMIT = 65_536;

function templateOf(proxy: Proxy, statement: Statement, initial: Settings): readonly ServerSpec[] {
  const words = wordsOf(statement);
  const prefix = words[1]?.value ?? '';
  const range = words[2];
  const make = specOf(proxy, statement, words, words[3], initial);
  const found = range?.env === true ? null : /^\s*(\d+)(?:-(\d+))?/.exec(range?.value ?? '');
  if (found === null) {
    const template = { prefix, index: 0 };
    return [{ ...make(prefix + (range?.value ?? ''), template), conditional: true }];
  }
  const [, first = '', last] = found;
  const [low, high] = last === undefined ? [1, Number(first)] : [Number(first), Number(last)];
  const count = Math.min(Math.max(high - low + 1, 0), TEMPLATE_LIMIT);
  const all = Array.from({ length: count }, (_, at) =>
    make(`${prefix}${low + at}`, { prefix, index: low + at }),
  );
  const cut = high - low + 1 > TEMPLATE_LIMIT;
  return cut ? all.map((server) => ({ ...server, conditional: true })) : all;
}

/** Makes the servers of one line, which differ in their names only. */
function specOf(
  proxy: Proxy,
  statement: Statement,
  words: readonly Word[],
  at: Word | undefined,
  initial: Settings,
): (name: string, template: ServerSpec['template']) => ServerSpec {
  const { settings, conditional } = withLine(initial, proxy.section, statement, words, false);
  const { address, port } = addressParts(at?.value ?? '');
  // When a defaults section is not taken, an earlier one takes its place.
  const uncertain = conditional || proxy.defaults.some(({ condition }) => condition !== 0);
  return (name, template) => ({
    name,
    address,
    port,
    settings,
    template,
    statement,
    conditional: uncertain,
    file: proxy.section.file,
    line: statement.line.number,
  });
}

/** The last colon parts host and port, unless a bracket or a path follows it. */
function addressParts(text: string): Pick<ServerSpec, 'address' | 'port'> {
  const isPath = /^(?:(?:stream|dgram)\+)?(?:unix|abns|abnsz|fd|sockpair)@|^\//.test(text);
  const found = isPath ? null : /^(.*):([+-]?\d*|\$\{\w+(?:-[^}:]*)?\}|\$\w+)$/s.exec(text);
  if (found === null) return { address: text, port: undefined };
  return { address: found[1] ?? '', port: found[2] === '' ? undefined : found[2] };
}
