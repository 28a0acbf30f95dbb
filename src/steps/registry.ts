import { awaitClosed, type AwaitClosed } from './await-closed.js';
import { awaitDrained, type AwaitDrained } from './await-drained.js';
import { awaitHandshakes, type AwaitHandshakes } from './await-handshakes.js';
import { awaitReplacement, type AwaitReplacement } from './await-replacement.js';
import { awaitStopping, type AwaitStopping } from './await-stopping.js';
import { confirmHold, type ConfirmHold } from './confirm-hold.js';
import { confirmGeneration, type ConfirmGeneration } from './confirm-generation.js';
import { holdSyns, type HoldSyns } from './hold-syns.js';
import { keepReachable, type KeepReachable } from './keep-reachable.js';
import { openRuntime, type OpenRuntime } from './open-runtime.js';
import { quiesce, type Quiesce } from './quiesce.js';
import { reloadMaster, type ReloadMaster } from './reload-master.js';
import { releaseSyns, type ReleaseSyns } from './release-syns.js';
import { replaceFile, type ReplaceFile } from './replace-file.js';
import { restoreSysctl, type RestoreSysctl } from './restore-sysctl.js';
import { setSysctl, type SetSysctl } from './set-sysctl.js';
import { softStop, type SoftStop } from './soft-stop.js';
import { startGeneration, type StartGeneration } from './start-generation.js';
import type { Effect, StepDefinition } from './definition.js';

/** The vocabulary. A new step is one file and one line in each of these two lists. */
export type Step =
  | AwaitClosed
  | AwaitDrained
  | AwaitHandshakes
  | AwaitReplacement
  | AwaitStopping
  | ConfirmGeneration
  | ConfirmHold
  | HoldSyns
  | KeepReachable
  | OpenRuntime
  | Quiesce
  | ReloadMaster
  | ReleaseSyns
  | ReplaceFile
  | RestoreSysctl
  | SetSysctl
  | SoftStop
  | StartGeneration;

export const STEPS = {
  'await-closed': awaitClosed,
  'await-drained': awaitDrained,
  'await-handshakes': awaitHandshakes,
  'await-replacement': awaitReplacement,
  'await-stopping': awaitStopping,
  'confirm-generation': confirmGeneration,
  'confirm-hold': confirmHold,
  'hold-syns': holdSyns,
  'keep-reachable': keepReachable,
  'open-runtime': openRuntime,
  quiesce,
  'reload-master': reloadMaster,
  'release-syns': releaseSyns,
  'replace-file': replaceFile,
  'restore-sysctl': restoreSysctl,
  'set-sysctl': setSysctl,
  'soft-stop': softStop,
  'start-generation': startGeneration,
} satisfies { readonly [K in Step['kind']]: StepDefinition<Extract<Step, { kind: K }>> };

export function definitionOf(step: Step): StepDefinition<Step> {
  // Each definition takes the step of its own kind: the table's type has made sure of that.
  return STEPS[step.kind] as StepDefinition<Step>;
}

export function effectOf(step: Step): Effect {
  const { effect } = definitionOf(step);
  return typeof effect === 'function' ? effect(step) : effect;
}
