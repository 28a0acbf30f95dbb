import { directivesOf, type Directive } from './apache-lines.js';
import { apacheListensOf } from './apache-listen.js';
import { variablesOf, type Variables } from './apache-variables.js';
import type { Listens } from './service.js';

/** What `apache2 -t -D DUMP_INCLUDES -D DUMP_RUN_CFG -D DUMP_MODULES` prints. Pure. */
export interface ApacheDump {
  readonly files: readonly string[];
  readonly modules: ReadonlySet<string>;
  readonly errorLog: string | undefined;
}

export function parseApacheDump(output: string): ApacheDump {
  const files = [...output.matchAll(/^\s+\((?:\*|\d+)\) (\/.*)$/gm)].map(([, path]) => path ?? '');
  const modules = [...output.matchAll(/^ (\w+_module) \((?:static|shared)\)$/gm)];
  return {
    files: [...new Set(files)],
    modules: new Set(modules.map(([, name]) => name ?? '')),
    errorLog: /^Main ErrorLog: "(\/.*)"$/m.exec(output)?.[1],
  };
}

export interface ApacheSettings {
  readonly keepsIdleClients: boolean;
  readonly listens: readonly Listens[];
}

/** @param defines names given with `-D` */
export function apacheSettings(
  text: string,
  modules: ReadonlySet<string>,
  environment: Variables,
  defines: readonly string[],
): ApacheSettings {
  const directives = activeDirectives(text, modules, defines);
  const keepAlive = directives.filter(({ name }) => name.toLowerCase() === 'keepalive');
  const on = keepAlive.map(({ words }) => words[0]?.text.toLowerCase() !== 'off');
  return {
    // On by default. A virtual host may have its own: one that is on is enough.
    keepsIdleClients: on.length === 0 || on.includes(true),
    listens: apacheListensOf(directives, variablesOf(directives, environment)),
  };
}

/** Those that no `<IfModule>` or `<IfDefine>` around them takes away. */
export function activeDirectives(
  text: string,
  modules: ReadonlySet<string>,
  defines: readonly string[],
): readonly Directive[] {
  const defined = new Set(defines);
  const holds: boolean[] = [];
  return directivesOf(text).filter((directive) => {
    const name = directive.name.toLowerCase();
    const word = directive.words[0]?.text ?? '';
    const isActive = !holds.includes(false);
    if (name === 'define' && isActive) defined.add(word);
    if (name === '<ifmodule') holds.push(isTrue(word, (each) => modules.has(moduleName(each))));
    else if (name === '<ifdefine') holds.push(isTrue(word, (each) => defined.has(each)));
    else if (/^<\/if(module|define)/.test(name)) holds.pop();
    return isActive;
  });
}

function isTrue(word: string, known: (name: string) => boolean): boolean {
  return word.startsWith('!') ? !known(word.slice(1)) : known(word);
}

/** `mod_ssl.c` is `ssl_module`; MPMs have file names without `mod_`. */
function moduleName(word: string): string {
  const file = /^(mod_)?(\w+)\.c$/.exec(word);
  if (file === null) return word;
  return file[1] === undefined ? `mpm_${file[2]}_module` : `${file[2]}_module`;
}
