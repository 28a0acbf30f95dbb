import { loadText } from './figures.js';
import { escapeHtml } from './html.js';
import type { Comparison } from './model.js';

export const HOW_TO_READ = `<section aria-labelledby="reading">
<h2 id="reading">How to read this</h2>
<dl class="reading">
<dt>What was measured</dt>
<dd>In a private lab (network namespaces with a real HAProxy, two Apaches and a client) requests were sent at a constant rate while the service was reloaded again and again. Every run has a lab of its own, with the same load. Every single request is accounted for; nothing is retried.</dd>
<dt>Lost</dt>
<dd>A request that was refused, reset, cut off, answered wrongly, or not answered within ten seconds. A browser would have retried some of these on its own; they count all the same.</dd>
<dt>At most</dt>
<dd>No loss seen is not no loss. With 0 lost of n requests, the true rate is at most 3/n, at 95 % confidence. Longer runs say more.</dd>
<dt>Late</dt>
<dd>Answered, but only after the client's kernel sent its SYN again, a second later: a packet was dropped. Nothing is lost then, but somebody waited.</dd>
<dt>Time</dt>
<dd>Counted from the moment at which a request was to be sent, not from when it was: a stall of the service cannot hide behind requests that were held back. <em>During a reload</em>: a reload command ran at some time while the request was under way. An old process that drains after the command has ended counts as quiet.</dd>
<dt>Stalled</dt>
<dd>The old process stands still for 0.3 s around each start of the new one, as on a busy or swapping machine. Losses that need bad luck on a quiet machine then occur every time.</dd>
<dt>Control</dt>
<dd>A way that is known to lose. A proof in which the control loses nothing proves nothing, and is called inconclusive.</dd>
<dt>Carried</dt>
<dd>Kept connections and tunnels that were open when a reload began and still were when the next one did. Being closed while idle is no loss, but costs a new connection.</dd>
<dt>CPU</dt>
<dd>User and system time on the machine that serves, looked at every 20 ms: what a process does in its last moments is missed.</dd>
<dt>What it does not say</dt>
<dd>Client, proxy and servers share the cores of one machine, over links without delay or loss. Compare the runs of one page with each other; times on other machines will be others.</dd>
</dl>
</section>`;

/** What one must know to do it again. */
export function factList({ facts, load }: Comparison): string {
  const rows = [
    ['Command', `<code>${escapeHtml(facts.command)}</code>`],
    ['Load', escapeHtml(loadText(load))],
    ['Started', `<time datetime="${facts.startedAt}">${facts.startedAt}</time>`],
    ['hitless', escapeHtml(facts.hitless)],
    ['HAProxy', escapeHtml(facts.haproxy)],
    ['Kernel', escapeHtml(facts.kernel)],
    ['Processor', `${facts.cores} cores, ${escapeHtml(facts.cpu)}`],
    ['Node', escapeHtml(facts.node)],
  ] as const;
  const items = rows.map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`).join('');
  return `<section aria-labelledby="facts"><h2 id="facts">The run</h2><dl class="facts">${items}</dl></section>`;
}
