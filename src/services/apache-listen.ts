import { directivesOf, type Directive, type Word } from './apache-lines.js';
import { resolveVariables, variablesOf, type Variables } from './apache-variables.js';
import type { Listens, PortMap } from './service.js';
import { spliced, type Splice } from './splice.js';

/** Where an Apache configuration listens (bind.html), and the same on other ports. Pure. */
export function apacheListens(text: string, environment: Variables = {}): readonly Listens[] {
  const directives = directivesOf(text);
  return apacheListensOf(directives, variablesOf(directives, environment));
}

export function apacheListensOf(
  directives: readonly Directive[],
  variables: Variables,
): readonly Listens[] {
  return directives.filter(isListen).flatMap(({ words: [place] }) => {
    const address = addressOf(resolveVariables(place?.text ?? '', variables));
    if (address === undefined) return [];
    const { host, port } = address;
    // Apache opens one socket for both families where it can (`::` with IPv4-mapped addresses).
    const any = host === '' || host === '*';
    const family = any || host.startsWith('[') ? 'ipv6' : 'ipv4';
    return [{ family, local: `${any ? '[::]' : host}:${port}`, udp: false, reuseport: false }];
  });
}

/**
 * `Listen` and the addresses of `<VirtualHost>`. A port written as `${NAME}` is replaced by the
 * number: what else uses that name keeps its meaning.
 */
export function apacheWithPorts(text: string, ports: PortMap, environment: Variables = {}): string {
  const directives = directivesOf(text);
  const variables = variablesOf(directives, environment);
  const splices = directives.flatMap((directive) => {
    const words = isListen(directive)
      ? directive.words.slice(0, 1)
      : isVirtualHost(directive)
        ? directive.words
        : [];
    return words.flatMap((word) => moved(text, word, ports, variables));
  });
  return spliced(text, splices);
}

function isListen({ name, words }: Directive): boolean {
  return name.toLowerCase() === 'listen' && words.length > 0;
}

function isVirtualHost({ name }: Directive): boolean {
  return ['<virtualhost', 'namevirtualhost'].includes(name.toLowerCase());
}

function addressOf(word: string): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:(\[[^\]]*\]|[^:[\]]*):)?(\d+)$/.exec(word);
  return match === null ? undefined : { host: match[1] ?? '', port: Number(match[2]) };
}

function moved(text: string, word: Word, ports: PortMap, variables: Variables): readonly Splice[] {
  const plain = resolveVariables(word.text, variables);
  const address = addressOf(plain);
  const other = address === undefined ? undefined : ports.get(address.port);
  if (address === undefined || other === undefined) return [];
  const raw = text.slice(word.start, word.end);
  const at = raw.indexOf(word.text);
  if (at < 0) return [];
  const start = word.start + at;
  const digits = /(?:\d+|\$\{[^}]*\})$/.exec(word.text)?.[0] ?? '';
  const splitsHere = resolveVariables(digits, variables) === String(address.port);
  // A name may stand for more than the port (`Listen ${ADDRESS}`): then all of it is written out.
  const kept = splitsHere
    ? word.text.slice(0, word.text.length - digits.length)
    : plain.slice(0, plain.length - String(address.port).length);
  return [{ start, end: start + word.text.length, text: `${kept}${other}` }];
}
