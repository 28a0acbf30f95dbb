import { directivesOf } from './apache-lines.js';
import { resolveVariables, variablesOf, type Variables } from './apache-variables.js';
import { statementsOf } from './nginx-statements.js';
import { spliced } from './splice.js';

/**
 * A configuration as one text: every include replaced by what it includes, so that a changed copy
 * needs one file only. Pure.
 */

/** Files that a pattern names, in the order in which the program reads them. */
export type Included = (
  pattern: string,
) => readonly { readonly path: string; readonly text: string }[];

/** An include in an include in ...: more than this is a circle. nginx itself has no limit. */
const DEPTH_MAX = 32;

/** Relative patterns count from the folder of the main file, whichever file they stand in. */
export function nginxInlined(text: string, included: Included, depth = 0): string {
  const includes = statementsOf(text).filter(
    ({ words, block }) => words[0]?.text === 'include' && words.length === 2 && block === undefined,
  );
  return spliced(
    text,
    includes.map(({ words, start, end }) => ({
      start,
      end,
      text: inlined(included(words[1]?.text ?? ''), depth, (inner) =>
        nginxInlined(inner, included, depth + 1),
      ),
    })),
  );
}

/** Relative patterns count from ServerRoot. */
export function apacheInlined(
  text: string,
  included: Included,
  environment: Variables = {},
  depth = 0,
): string {
  const directives = directivesOf(text);
  const variables = variablesOf(directives, environment);
  const includes = directives.filter(({ name }) => /^include(optional)?$/i.test(name));
  return spliced(
    text,
    includes.map(({ words, start, end }) => ({
      start,
      end,
      text: inlined(included(resolveVariables(words[0]?.text ?? '', variables)), depth, (inner) =>
        apacheInlined(inner, included, variables, depth + 1),
      ),
    })),
  );
}

function inlined(
  files: ReturnType<Included>,
  depth: number,
  inner: (text: string) => string,
): string {
  if (depth >= DEPTH_MAX)
    throw new RangeError('configuration files include each other in a circle');
  // Line breaks around: a file may end in a comment, or begin with a directive.
  return files.map((file) => `\n${inner(file.text)}\n`).join('');
}
