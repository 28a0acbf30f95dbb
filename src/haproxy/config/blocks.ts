import type { Line } from './document.js';

/** The branch of a conditional block that is open. */
export interface Block {
  /** The line that decides, 0: it was decided that this branch counts. */
  readonly line: number;
  readonly dropped: boolean;
  /** A branch was taken for sure, or all of it is dropped: no later branch counts. */
  readonly settled: boolean;
  /** Of an earlier branch only HAProxy can tell. */
  readonly open: boolean;
}

/** Of an `.if` or `.elif` line; undefined: only HAProxy can tell. */
export interface Deciding {
  readonly holds: (line: Line) => boolean | undefined;
}

export const CONDITIONALS: ReadonlySet<string> = new Set(['.if', '.elif', '.else', '.endif']);

/** The conditional blocks that are open after this line. */
export function enter(
  blocks: readonly Block[],
  keyword: string,
  line: Line,
  reading: Deciding | undefined,
): readonly Block[] {
  const outer = keyword === '.if' ? blocks : blocks.slice(0, -1);
  if (keyword === '.endif') return outer;
  const before = keyword === '.if' ? undefined : blocks.at(-1);
  const settled = before?.settled ?? outer.at(-1)?.dropped === true;
  const open = before?.open ?? false;
  if (settled) return [...outer, { line: line.number, dropped: true, settled, open }];
  const holds = keyword === '.else' ? decided(reading) : reading?.holds(line);
  return [...outer, branchOf(line, holds, open)];
}

/** Without a reading nothing is decided. */
function decided(reading: Deciding | undefined): boolean | undefined {
  return reading === undefined ? undefined : true;
}

function branchOf({ number }: Line, holds: boolean | undefined, open: boolean): Block {
  switch (holds) {
    case true:
      return { line: open ? number : 0, dropped: false, settled: true, open };
    case false:
      return { line: number, dropped: true, settled: false, open };
    default:
      return { line: number, dropped: false, settled: false, open: true };
  }
}

export function conditionOf(blocks: readonly Block[]): number {
  return blocks.findLast(({ line }) => line !== 0)?.line ?? 0;
}

/** A block that counts for sure does not matter. */
export function begins(blocks: readonly Block[], outer: readonly Block[]): boolean {
  return outer.every((block, index) => block.line === 0 || blocks[index] === block);
}
