import { Command } from 'commander';
import { usage } from '../error.js';
import { encode, type Document } from '../haproxy/config/document.js';
import type { RuntimeChange, ServerAttribute, ServerName } from '../haproxy/runtime/change.js';
import { applyRuntime } from '../reload/apply-runtime.js';
import type { FileEdit } from '../reload/request.js';
import type { Io } from './command.js';
import { addReloadOptions, requestOf, type ReloadFlags } from './reload-options.js';
import { runPlanned } from './run-planned.js';
import { addressEdit, frontendMaxconnEdit, settingEdit, stateEdit } from './set-edits.js';
import { parseCount } from './values.js';

interface SetFlags extends ReloadFlags {
  readonly runtimeOnly?: boolean;
}

/** A value of the running process, and the edit that has the file say the same. */
interface Wish {
  readonly change: RuntimeChange;
  readonly edit: (documents: readonly Document[]) => readonly FileEdit[];
}

export function serverCommands(io: Io): readonly Command[] {
  return [
    setCommand(io, 'weight', 'the weight of a server, 0 to 256', '<number>', weightWish),
    setCommand(io, 'state', 'a server in use or not', '<ready|drain|maint>', stateWish),
    setCommand(io, 'maxconn', 'a limit of connections', '<number>', maxconnWish),
    setCommand(io, 'addr', 'the address of a server', '<ip:port>', addressWish),
  ];
}

function setCommand(
  io: Io,
  name: string,
  summary: string,
  value: string,
  wishOf: (target: string, value: string, flags: SetFlags) => Wish,
): Command {
  const target = name === 'maxconn' ? '<server|frontend>' : '<server>';
  return addReloadOptions(new Command(name))
    .summary(summary)
    .description(
      `Change ${summary}: by the runtime API where that can be, else by a reload; the file says the same.`,
    )
    .option('--runtime-only', 'leave the files alone')
    .argument(target, TARGETS)
    .argument(value)
    .addHelpText('after', SERVER_EXAMPLES)
    .action(async (subject: string, text: string, flags: SetFlags) => {
      const { change, edit } = wishOf(subject, text, flags);
      const files = flags.runtimeOnly === true ? {} : { edit };
      const request = { ...requestOf(flags), changes: [change], ...files };
      await runPlanned(
        flags,
        io,
        async (host, options) => await applyRuntime(host, request, options),
      );
    });
}

const TARGETS = 'a server as BACKEND/SERVER, a frontend by its name';
const WEIGHT_MAX = 256;

function weightWish(target: string, text: string): Wish {
  const weight = parseCount(text, 'weight', 0);
  if (weight > WEIGHT_MAX)
    throw usage(`weight ${weight} is above ${WEIGHT_MAX}`, 'write a number from 0 to 256');
  const value = String(weight);
  return wish(target, 'weight', value, (server) => settingEdit(server, 'weight', [value]));
}

function stateWish(target: string, state: string, flags: SetFlags): Wish {
  if (state !== 'ready' && state !== 'drain' && state !== 'maint') {
    throw usage(`"${state}" is not a state`, 'choose one of ready, drain, maint');
  }
  if (state === 'drain' && flags.runtimeOnly !== true) {
    throw usage(
      'no file can say "drain": HAProxy started again by others forgets it',
      'add --runtime-only (a reload by hitless carries it over), or set the weight to 0',
    );
  }
  return wish(target, 'state', state, (server) => stateEdit(server, state));
}

function maxconnWish(target: string, text: string): Wish {
  const maxconn = parseCount(text, 'maxconn', 0);
  const value = String(maxconn);
  if (target.includes('/')) {
    return wish(target, 'maxconn', value, (server) => settingEdit(server, 'maxconn', [value]));
  }
  const frontend = encode(target);
  return {
    change: { kind: 'frontend-maxconn', frontend, before: 0, after: maxconn },
    edit: frontendMaxconnEdit(target, value),
  };
}

const ADDRESS = /^(?:\d+\.\d+\.\d+\.\d+|\[[0-9A-Fa-f:.]+\]):[1-9]\d*$/;

function addressWish(target: string, text: string): Wish {
  if (!ADDRESS.test(text)) {
    throw usage(
      `"${text}" is not an IP address with a port`,
      'write 192.0.2.1:80 or [2001:db8::1]:80',
    );
  }
  return wish(target, 'address', text, (server) => addressEdit(server, text));
}

function wish(
  target: string,
  attribute: ServerAttribute,
  after: string,
  editOf: (server: ServerName) => Wish['edit'],
): Wish {
  const at = target.indexOf('/');
  const [backend, server] = [target.slice(0, at), target.slice(at + 1)];
  if (at < 1 || server === '') {
    throw usage(`"${target}" names no server`, 'write BACKEND/SERVER: web/web1');
  }
  const name = { backend: encode(backend), server: encode(server) };
  return {
    change: { kind: 'server', server: name, attribute, before: '', after },
    edit: editOf({ backend, server }),
  };
}

export const SERVER_EXAMPLES = `
Examples:
  hitless set weight web/web1 20
  hitless set state web/web1 maint
  hitless set state web/web1 drain --runtime-only
  hitless set maxconn www 2000 --dry-run
  hitless set addr web/web1 192.0.2.7:8080 --json
`;
