import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { startQuestionLab, type QuestionLab } from '../../src/lab/question-lab.js';
import type { HaproxyRunMode } from '../../src/lab/haproxy.js';
import { askHaproxy } from '../../src/lab/stats-socket.js';
import { waitFor } from '../../src/host/node/wait.js';
import { parseServerStates, type ServerState } from '../../src/haproxy/runtime/server-states.js';
import { LIMIT_MS } from './support.js';

/** The question's lab, with a backend whose servers have been changed at run time. */
export interface StateLab extends QuestionLab {
  readonly map: string;
  readonly stateFile: string;
}

export interface StateLabOptions {
  readonly haproxyMode?: HaproxyRunMode;
  /** HAProxy loads the states of servers from a file. */
  readonly loadsStates?: boolean;
}

export async function startStateLab(options: StateLabOptions = {}): Promise<StateLab> {
  const { haproxyMode = 'daemon', loadsStates = false } = options;
  const files = { map: '', stateFile: '' };
  const question = await startQuestionLab({
    haproxyMode,
    adapt: (spec) => {
      const dir = dirname(spec.statsSocket);
      files.map = `${dir}/hosts.map`;
      files.stateFile = `${dir}/server-states`;
      mkdirSync(dir, { recursive: true });
      writeFileSync(files.map, '# hosts\none.test  a\ntwo.test  b\n');
      return {
        ...spec,
        globalLines: [
          'localpeer lb',
          ...(loadsStates ? [`server-state-file ${files.stateFile}`] : []),
        ],
        defaultsLines: [
          'option idle-close-on-response',
          ...(loadsStates ? ['load-server-state-from-file global'] : []),
        ],
        frontends: spec.frontends.map((frontend) => ({
          ...frontend,
          lines: [
            'stick-table type string len 40 size 10k expire 10m peers mates store gpc0',
            'http-request track-sc0 hdr(x-key) if { hdr(x-key) -m found }',
            `http-request set-header x-map %[hdr(host),map(${files.map},none)]`,
          ],
        })),
        backends: [
          ...spec.backends,
          {
            name: 'more',
            servers: [
              { name: 'drained', address: '10.77.0.11:80' },
              { name: 'heavy', address: '10.77.0.12:80', options: 'weight 10' },
              {
                name: 'dead',
                address: '10.77.0.11:81',
                options: 'check inter 200ms fall 3 rise 2',
              },
              { name: 'moved', address: '10.77.0.11:80' },
            ],
          },
        ],
        sections: ['peers mates', '    peer lb 127.0.0.1:10000'],
      };
    },
  });
  return { ...question, ...files };
}

export async function ask(
  { haproxy }: Pick<QuestionLab, 'haproxy'>,
  line: string,
): Promise<string> {
  const answer = await askHaproxy(haproxy.paths.statsSocket, line);
  assert.ok(answer !== undefined, `HAProxy does not answer "${line}"`);
  return answer;
}

/** By hand, as an administrator does. */
export async function changeAtRunTime(lab: StateLab): Promise<void> {
  await ask(lab, 'set server web/web2 state maint');
  await ask(lab, 'set server more/drained state drain');
  await ask(lab, 'set server more/heavy weight 77');
  await ask(lab, 'set server more/moved addr 10.77.0.12 port 80');
  const isDead = async (): Promise<true | undefined> =>
    (await serverOf(lab, 'more', 'dead')).operational === 0 ? true : undefined;
  assert.ok(await waitFor(isDead, { timeoutMs: LIMIT_MS }), 'checks find the dead server');
}

export async function serverOf(
  lab: Pick<QuestionLab, 'haproxy'>,
  backend: string,
  name: string,
): Promise<ServerState> {
  const states = parseServerStates(await ask(lab, 'show servers state'));
  const found = states.find((state) => state.backend === backend && state.server === name);
  assert.ok(found !== undefined, `${backend}/${name}`);
  return found;
}

/** Of the process that answers: MAINT, DRAIN, weight, DOWN and the address set at run time. */
export async function statesNow(lab: StateLab): Promise<Readonly<Record<string, unknown>>> {
  return {
    web2: (await serverOf(lab, 'web', 'web2')).admin,
    drained: (await serverOf(lab, 'more', 'drained')).admin,
    heavy: (await serverOf(lab, 'more', 'heavy')).weight,
    dead: (await serverOf(lab, 'more', 'dead')).operational,
    moved: (await serverOf(lab, 'more', 'moved')).address,
  };
}

export const CHANGED = { web2: 1, drained: 8, heavy: 77, dead: 0, moved: '10.77.0.12' } as const;
