import { isOwnTable, type NftExpr, type NftRule } from '../../host/nft-list.js';
import type { Check } from '../check.js';
import type { DoctorFacts } from '../facts.js';

/** What tools leave behind that die while they hold traffic back. */

const drop: Check = {
  id: 'leftover-drop',
  severity: 'error',
  because:
    'new connections to the service are dropped: a reload script that blocks SYNs was killed before it lifted the block (it happened to users of marathon-lb)',
  source:
    'serverfault.com/questions/580595 (the accepted answer is such a script); iptables(8), nft(8)',
  remedy:
    'delete the rule: "iptables -D ..." as it is printed, or "nft -a list ruleset" and "nft delete rule ... handle N"',
  signs: (facts) =>
    [...nftDrops(facts), ...iptablesDrops(facts)].map((what) => ({
      subject: 'packet rules',
      what,
    })),
};

function nftDrops({ traffic, running }: DoctorFacts): readonly string[] {
  const rules = (traffic.ruleset?.rules ?? []).filter(
    ({ table, expr }) => !isOwnTable(table) && expr.some((one) => 'drop' in one || 'reject' in one),
  );
  return rules.flatMap((rule) =>
    (running?.ports ?? [])
      .filter((port) => matchesPort(rule, port) && onlySyns(rule))
      .map(
        (port) => `a rule in ${rule.family} ${rule.table} ${rule.chain} drops SYNs to port ${port}`,
      ),
  );
}

function matchesPort({ expr }: NftRule, port: number): boolean {
  return expr.some((one) => {
    const match = matchOf(one);
    return match?.left.includes('"dport"') === true && numbersIn(match.right).includes(port);
  });
}

/** A rule on the flags of TCP, and nothing that limits it to some clients. */
function onlySyns({ expr }: NftRule): boolean {
  const matches = expr.flatMap((one) => matchOf(one) ?? []);
  return (
    matches.some(({ left }) => left.includes('"flags"')) &&
    !matches.some(({ left }) => left.includes('"saddr"'))
  );
}

function matchOf(expr: NftExpr): { readonly left: string; readonly right: string } | undefined {
  const match = expr['match'] as { readonly left?: unknown; readonly right?: unknown } | undefined;
  return match && { left: JSON.stringify(match.left), right: JSON.stringify(match.right) };
}

function numbersIn(text: string): readonly number[] {
  return [...text.matchAll(/\d+/g)].map(([digits]) => Number(digits));
}

function iptablesDrops({ traffic, running }: DoctorFacts): readonly string[] {
  return traffic.iptables.filter(
    (line) =>
      / -j (DROP|REJECT)\b/.test(line) &&
      /--tcp-flags FIN,SYN,RST,ACK SYN|--syn\b/.test(line) &&
      !/ -s /.test(line) &&
      (running?.ports ?? []).some((port) => coversPort(line, port)),
  );
}

function coversPort(line: string, port: number): boolean {
  const ports = /--dports? (\S+)/.exec(line)?.[1];
  if (ports === undefined) return true;
  return ports.split(',').some((part) => {
    const [low, high = low] = part.split(':').map(Number);
    return low !== undefined && high !== undefined && low <= port && port <= high;
  });
}

const plug: Check = {
  id: 'leftover-plug',
  severity: 'error',
  because:
    'a plug qdisc that is shut holds every packet that is led into it, for ever: a reload tool was killed before it released it (it happened at Yelp)',
  source:
    'Linux, net/sched/sch_plug.c; engineeringblog.yelp.com, "True Zero Downtime HAProxy Reloads"',
  remedy:
    'nl-qdisc-add --dev=DEV --parent=PARENT --id=HANDLE --update plug --release-indefinite, or "tc qdisc delete"; "hitless recover" for one of hitless',
  signs: ({ traffic }) =>
    traffic.qdiscs
      .filter(({ kind }) => kind === 'plug')
      .filter(() => traffic.openRuns.length === 0)
      .map(({ dev, handle }) => ({
        subject: dev,
        what: `there is a plug qdisc ${handle} on ${dev}`,
      })),
};

/** Tables that are there during a run only. */
const OF_A_RUN = ['hitless_syn_drop', 'hitless_handoff'];

const table: Check = {
  id: 'leftover-table',
  severity: 'error',
  because:
    'hitless was killed and has not been run since: new connections may be held or led elsewhere',
  source: 'hitless, docs/decisions/0011 and 0016',
  remedy:
    'run "hitless recover"; when it finds nothing (another --state-dir), "nft delete table" as named',
  signs: ({ traffic }) =>
    (traffic.ruleset?.tables ?? [])
      .filter(({ name }) => OF_A_RUN.includes(name) && traffic.openRuns.length === 0)
      .map(({ family, name }) => ({
        subject: name,
        what: `there is a table ${family} ${name} and no run that it belongs to`,
      })),
};

const openRuns: Check = {
  id: 'open-runs',
  severity: 'info',
  because:
    'a run that has not ended either waits for old clients, or was killed; the next one finishes or undoes it first',
  source: 'hitless, docs/decisions/0005',
  remedy:
    '"hitless status" shows what still drains; "hitless recover" finishes or undoes what was interrupted',
  signs: ({ traffic }) =>
    traffic.openRuns.map((run) => ({ subject: run, what: `run ${run} has not ended` })),
};

export const LEFTOVERS: readonly Check[] = [drop, plug, table, openRuns];
