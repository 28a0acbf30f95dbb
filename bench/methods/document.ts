import { loadText, percent, thousands } from '../../src/report/figures.js';
import { markdownTable } from '../../src/report/markdown.js';
import { byConnections, type Comparison } from '../../src/report/model.js';
import type { MethodSection } from './sections.js';

/** docs/methods.md: what each method is, and what it was measured to do beside the others. */
export function methodsDocument(
  sections: readonly MethodSection[],
  comparison: Comparison,
  order: readonly string[],
): string {
  const sorted = [...sections].sort((a, b) => place(a, order) - place(b, order));
  const parts = [
    HEAD,
    whatWasMeasured(comparison),
    ...sorted.map((section) => sectionText(section, comparison)),
  ];
  return `${parts.join('\n\n')}\n`;
}

const HEAD = `<!-- Written by "npm run docs:methods" from docs/methods/*.md and a measurement. -->
# Methods

Ways to bring a new configuration into service, each with what it needs, what it loses, and what it was measured to do. \`hitless reload --method auto\` takes the first that is lossless on the host at hand and says why it passed over the others.

*at most*: the loss rate that so many requests allow, at 95 % confidence. *late*: answered, but only after a SYN was sent again. *hand over*: median time from the start of the reload command to its end. *carried*: lasting connections that lived through a reload. *stalled*: the old process stands still for 0.3 s around each start of the new one, as on a busy machine. *\\**: hitless refuses this unless \`--allow-loss\` is given. \`hitless compare --html FILE\` shows the same as charts.`;

function whatWasMeasured({
  facts,
  load,
  verdict,
  lost,
  sent,
  reloads,
  ...rest
}: Comparison): string {
  return (
    `Measured ${facts.startedAt.slice(0, 10)} on ${facts.kernel}, HAProxy ${facts.haproxy}, ` +
    `${facts.cores} cores (${facts.cpu}), ${loadText(load)} for each row: hitless lost ` +
    `${thousands(lost)} of ${thousands(sent)} requests over ${reloads} reloads ` +
    `(at most ${percent(rest.lossRateUpperBound95)} at 95 %), ${verdict}.\n\n` +
    `\`\`\`sh\n${facts.command}\n\`\`\``
  );
}

function sectionText({ ways, text }: MethodSection, { rows }: Comparison): string {
  const body = text.replace(/^# /, '## ');
  const own = rows.filter(({ way }) => ways.includes(way));
  if (own.length === 0) return `${body}\n\nNot measured in this run.`;
  const tables = byConnections(own).map(
    ([kind, group]) => `${kind} connections:\n\n${markdownTable(group)}`,
  );
  return [body, ...tables].join('\n\n');
}

/** Sections of no method come last, in the order of their names. */
function place({ name }: MethodSection, order: readonly string[]): number {
  const at = order.indexOf(name);
  return at < 0 ? order.length : at;
}
