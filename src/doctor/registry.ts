import type { Check } from './check.js';
import { ADVISORY_CHECKS } from './checks/advisories.js';
import { APACHE } from './checks/apache.js';
import { BINDS } from './checks/binds.js';
import { CAPACITY } from './checks/capacity.js';
import { CLIENTS } from './checks/clients.js';
import { KERNEL } from './checks/kernel.js';
import { LEFTOVERS } from './checks/leftovers.js';
import { NGINX } from './checks/nginx.js';
import { PROCESS } from './checks/process.js';
import { RUNNING } from './checks/running.js';
import { STATE } from './checks/state.js';
import { UNIT } from './checks/unit.js';

/** A topic of docs/doctor.md, one file of checks each. */
export interface Topic {
  readonly title: string;
  readonly checks: readonly Check[];
}

export const TOPICS: readonly Topic[] = [
  { title: 'HTTP clients', checks: CLIENTS },
  { title: 'The process', checks: PROCESS },
  { title: 'Listeners', checks: BINDS },
  { title: 'State', checks: STATE },
  { title: 'Room for two', checks: CAPACITY },
  { title: 'The kernel', checks: KERNEL },
  { title: 'systemd', checks: UNIT },
  { title: 'What runs', checks: RUNNING },
  { title: 'Leftovers', checks: LEFTOVERS },
  { title: 'Known bugs', checks: ADVISORY_CHECKS },
  { title: 'nginx', checks: NGINX },
  { title: 'Apache', checks: APACHE },
];

export const CHECKS: readonly Check[] = TOPICS.flatMap(({ checks }) => checks);
