import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Haproxy, haproxyPaths, startHaproxy } from './haproxy.js';
import { haproxyConfig } from './haproxy-config.js';
import type { LabOptions } from './lab.js';
import { questionSpec, startQuestionLab, type QuestionLab } from './question-lab.js';

/** The question's lab with three more HAProxys, each on a port of its own. */
export interface RollingLab extends QuestionLab {
  readonly instances: readonly RollingInstance[];
  /** Reloads the instance on `{port}` by `haproxy -sf`, which alone is known to lose. */
  readonly reloadArgv: readonly string[];
}

export interface RollingInstance {
  readonly port: number;
  readonly haproxy: Haproxy;
}

export const ROLLING_PORTS = [8081, 8082, 8083] as const;

/** The caller closes `lab`. */
export async function startRollingLab(
  options: Pick<LabOptions, 'signal'> = {},
): Promise<RollingLab> {
  const question = await startQuestionLab(options);
  try {
    const { lb } = question;
    const instances: RollingInstance[] = [];
    for (const port of ROLLING_PORTS) {
      const name = `instance-${port}`;
      const spec = questionSpec(haproxyPaths(lb, name).statsSocket);
      const frontends = spec.frontends.map((frontend) => ({
        ...frontend,
        binds: [`:${port}`, `:::${port} v6only`],
        // Kept clients come back to a port that is out: their connection is closed with an answer.
        idleCloseOnResponse: true,
      }));
      const text = haproxyConfig({ ...spec, frontends });
      const haproxy = await startHaproxy(lb, text, { mode: 'daemon', name });
      instances.push({ port, haproxy });
    }
    const script = join(lb.dir, 'reload.sh');
    await writeFile(script, RELOAD);
    return { ...question, instances, reloadArgv: ['sh', script, lb.dir, '{port}'] };
  } catch (error) {
    await question.lab.close();
    throw error;
  }
}

const RELOAD = `cd "$1/instance-$2" && exec haproxy -D -f haproxy.cfg -p haproxy.pid -sf $(cat haproxy.pid)
`;
