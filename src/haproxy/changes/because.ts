/** Why a change of these lines needs a reload, by keyword: no command of the runtime API does it. */
const BECAUSE: Readonly<Record<string, string>> = {
  acl: 'conditions are compiled when HAProxy starts',
  'agent-check':
    'agent checks are set up when HAProxy starts, and can only be paused while it runs',
  'agent-send': 'HAProxy does not show it, so that a change at run time could not be confirmed',
  balance: 'the algorithm is set up when HAProxy starts',
  bind: 'listeners are opened when HAProxy starts',
  capture: 'captures are laid out when HAProxy starts',
  check: 'checks are set up when HAProxy starts, and can only be paused while it runs',
  cookie: 'HAProxy takes the persistence of a backend when it starts',
  'default-server': 'it is read when HAProxy starts',
  default_backend: 'frontends are tied to their backends when HAProxy starts',
  'hash-type': 'the hash is set up when HAProxy starts',
  log: 'log targets are set up when HAProxy starts',
  mode: 'the mode of a proxy is set when HAProxy starts',
  nbthread: 'threads are started when HAProxy starts',
  option: 'options of a proxy are set when HAProxy starts',
  setenv: 'the environment is made when HAProxy starts, and any line may use it',
  'stick-table': 'stick tables are made when HAProxy starts',
  timeout: 'timeouts are set when HAProxy starts',
  use_backend: 'frontends are tied to their backends when HAProxy starts',
};

export function whyReload(keyword: string): string {
  const known = Object.hasOwn(BECAUSE, keyword) ? BECAUSE[keyword] : undefined;
  return known ?? `HAProxy reads "${keyword}" only when it starts`;
}

export const COMMENTS_ONLY = 'comments and spaces: HAProxy does not see them';
export const VARIABLE = 'a variable in the line decides what it sets';
export const CONDITIONAL = 'a conditional block decides whether the line counts';
