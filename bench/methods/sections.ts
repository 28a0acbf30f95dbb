import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What docs/methods/NAME.md says of a method; its figures are put under it. */
export interface MethodSection {
  readonly name: string;
  /** Of the trial registry; what its figures are found by. */
  readonly ways: readonly string[];
  readonly text: string;
}

export const SECTIONS_FOLDER = fileURLToPath(new URL('../../../docs/methods', import.meta.url));

/** A first line `<!-- ways: a; b -->` names ways that are not called as the file is. */
const WAYS_LINE = /^<!-- ways: (.+) -->\n/;

export function readSections(folder = SECTIONS_FOLDER): readonly MethodSection[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.md'));
  return files.sort().map((file) => {
    return parseSection(file.replace(/\.md$/, ''), readFileSync(join(folder, file), 'utf8'));
  });
}

export function parseSection(name: string, text: string): MethodSection {
  const ways = WAYS_LINE.exec(text)?.[1]?.split('; ') ?? [name];
  return { name, ways, text: text.replace(WAYS_LINE, '').trim() };
}

/** Names of the registries that no section covers. */
export function uncovered(
  sections: readonly MethodSection[],
  methods: readonly string[],
  ways: readonly string[],
): readonly string[] {
  const named = new Set(sections.map(({ name }) => name));
  const covered = new Set(sections.flatMap((section) => section.ways));
  return [
    ...methods.filter((method) => !named.has(method)).map((method) => `method ${method}`),
    ...ways.filter((way) => !covered.has(way)).map((way) => `way ${way}`),
  ];
}
