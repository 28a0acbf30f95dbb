/**
 * The environment that a process was started with, less what HAProxy put there itself when it
 * executed itself anew: a master that waits has `HAPROXY_MWORKER_WAIT_ONLY=1`, and a new process
 * with that would open no listener (mworker.c, `mworker_reexec`). Pure.
 */
export function startEnvironment(
  environment: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !SET_BY_HAPROXY.test(name)),
  );
}

const SET_BY_HAPROXY = /^HAPROXY_(MWORKER\w*|PROCESSES|CFGFILES|CLI|MASTER_CLI|LOAD_SUCCESS)$/;
