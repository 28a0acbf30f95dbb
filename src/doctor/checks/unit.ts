import type { Check, Sign } from '../check.js';
import type { DoctorFacts } from '../facts.js';
import { unitSetting, type Unit } from '../unit.js';

/** How systemd starts, reloads and stops HAProxy. */

const reloadMissing: Check = {
  id: 'unit-no-reload',
  severity: 'warning',
  because:
    '"systemctl reload" does nothing, so that changes are made by restarts: 7.5 % of new connections were lost at 1000/s',
  source: 'systemd.service(5), ExecReload=; measured with 2.6.12',
  remedy: 'add "ExecReload=/bin/kill -USR2 $MAINPID" after a check, or use "hitless reload"',
  signs: ({ unit }) =>
    unit !== null && reloads(unit).length === 0 ? [signOf(unit, 'the unit has no ExecReload')] : [],
};

const reloadUnchecked: Check = {
  id: 'unit-reload-unchecked',
  severity: 'warning',
  because:
    'a reload with a broken configuration reaches the master: it goes on in wait mode with the old worker, systemd says "reloaded", and a crash after that leaves nothing',
  source: 'systemd.service(5), ExecReload=; HAProxy management manual, 9.4 ("ReloadFailed")',
  remedy: 'check first: ExecReload=/usr/sbin/haproxy -Ws -f $CONFIG -c -q',
  signs: ({ unit }) => {
    if (unit === null) return [];
    const commands = reloads(unit);
    const checks = commands.some((command) => /\s-c(\s|$)/.test(command));
    if (commands.length === 0 || checks || commands.some((command) => command.includes('hitless')))
      return [];
    return [signOf(unit, `"ExecReload=${commands[0] ?? ''}" without a check of the configuration`)];
  },
};

const type: Check = {
  id: 'unit-type',
  severity: 'warning',
  because:
    'systemd does not learn when the new worker is ready, and calls the service started or reloaded too early',
  source: 'systemd.service(5), Type=; HAProxy management manual, 3, "-Ws"',
  remedy: 'set Type=notify, and start HAProxy with -Ws',
  signs: (facts) => {
    const { unit } = facts;
    if (unit === null || !hasMaster(facts)) return [];
    const value = unitSetting(unit, 'Type') ?? 'simple';
    return value.startsWith('notify') ? [] : [signOf(unit, `Type=${value}`)];
  },
};

const killMode: Check = {
  id: 'unit-kill-mode',
  severity: 'warning',
  because:
    'when the service is stopped, systemd signals the workers as well as the master: those that drain end at once, with the requests that they have',
  source: 'systemd.kill(5), KillMode=; unit file of HAProxy, admin/systemd/haproxy.service.in',
  remedy: 'set KillMode=mixed',
  signs: (facts) => {
    const { unit } = facts;
    if (unit === null || !hasMaster(facts)) return [];
    const value = unitSetting(unit, 'KillMode') ?? 'control-group';
    return value === 'mixed' ? [] : [signOf(unit, `KillMode=${value}`)];
  },
};

function reloads({ settings }: Unit): readonly string[] {
  return settings.get('ExecReload') ?? [];
}

function hasMaster({ unit, mode }: DoctorFacts): boolean {
  const start = unit === null ? undefined : unitSetting(unit, 'ExecStart');
  return mode === 'master-worker' || /\s-W/.test(start ?? '');
}

function signOf({ file }: Unit, what: string): Sign {
  return { subject: file, what };
}

export const UNIT: readonly Check[] = [reloadMissing, reloadUnchecked, type, killMode];
