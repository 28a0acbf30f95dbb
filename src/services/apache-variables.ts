import type { Directive } from './apache-lines.js';

export type Variables = Readonly<Record<string, string>>;

/** What `${NAME}` stands for: `Define` in the configuration, else the environment. Pure. */
export function variablesOf(directives: readonly Directive[], environment: Variables): Variables {
  const variables: Record<string, string> = { ...environment };
  for (const { name, words } of directives) {
    const [key, value] = words;
    if (name.toLowerCase() !== 'define' || key === undefined || value === undefined) continue;
    variables[key.text] = resolveVariables(value.text, variables);
  }
  return variables;
}

/** A name that is not known stays as it is, as in Apache itself. */
export function resolveVariables(text: string, variables: Variables): string {
  return text.replace(/\$\{([^}]*)\}/g, (whole, name: string) =>
    Object.hasOwn(variables, name) ? (variables[name] ?? whole) : whole,
  );
}
