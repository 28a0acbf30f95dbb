import { addAddress, removeAddress, type AddAddress, type RemoveAddress } from './add-address.js';
import { awaitDrained, type AwaitDrained } from './await-drained.js';
import { awaitFlowsEnded, type AwaitFlowsEnded } from './await-flows-ended.js';
import { awaitHandshakes, type AwaitHandshakes } from './await-handshakes.js';
import { awaitLeft, type AwaitLeft } from './await-left.js';
import { awaitReplacement, type AwaitReplacement } from './await-replacement.js';
import { awaitStopping, type AwaitStopping } from './await-stopping.js';
import { confirmGeneration, type ConfirmGeneration } from './confirm-generation.js';
import { divertFlows, type DivertFlows } from './divert-flows.js';
import { keepNote, type KeepNote } from './keep-note.js';
import { keepReachable, type KeepReachable } from './keep-reachable.js';
import { moveAddress, type MoveAddress } from './move-address.js';
import { openRuntime, type OpenRuntime } from './open-runtime.js';
import { proveService, type ProveService } from './prove-service.js';
import { quiesce, type Quiesce } from './quiesce.js';
import { reloadMaster, type ReloadMaster } from './reload-master.js';
import { removeDiversion, type RemoveDiversion } from './remove-diversion.js';
import { replaceFile, type ReplaceFile } from './replace-file.js';
import { restoreSysctl, type RestoreSysctl } from './restore-sysctl.js';
import { runCommand, type RunCommand } from './run-command.js';
import { setSysctl, type SetSysctl } from './set-sysctl.js';
import { softStop, type SoftStop } from './soft-stop.js';
import { startGeneration, type StartGeneration } from './start-generation.js';
import { takeFlowsBack, type TakeFlowsBack } from './take-flows-back.js';
import { tryPeer, type TryPeer } from './try-peer.js';
import type { Effect, StepDefinition } from './definition.js';

/** The vocabulary. A new step is one file and one line in each of these two lists. */
export type Step =
  | AddAddress
  | AwaitDrained
  | AwaitFlowsEnded
  | AwaitHandshakes
  | AwaitLeft
  | AwaitReplacement
  | AwaitStopping
  | ConfirmGeneration
  | DivertFlows
  | KeepNote
  | KeepReachable
  | MoveAddress
  | OpenRuntime
  | ProveService
  | Quiesce
  | ReloadMaster
  | RemoveAddress
  | RemoveDiversion
  | ReplaceFile
  | RestoreSysctl
  | RunCommand
  | SetSysctl
  | SoftStop
  | StartGeneration
  | TakeFlowsBack
  | TryPeer;

export const STEPS = {
  'add-address': addAddress,
  'await-drained': awaitDrained,
  'await-flows-ended': awaitFlowsEnded,
  'await-handshakes': awaitHandshakes,
  'await-left': awaitLeft,
  'await-replacement': awaitReplacement,
  'await-stopping': awaitStopping,
  'confirm-generation': confirmGeneration,
  'divert-flows': divertFlows,
  'keep-note': keepNote,
  'keep-reachable': keepReachable,
  'move-address': moveAddress,
  'open-runtime': openRuntime,
  'prove-service': proveService,
  quiesce,
  'reload-master': reloadMaster,
  'remove-address': removeAddress,
  'remove-diversion': removeDiversion,
  'replace-file': replaceFile,
  'restore-sysctl': restoreSysctl,
  'run-command': runCommand,
  'set-sysctl': setSysctl,
  'soft-stop': softStop,
  'start-generation': startGeneration,
  'take-flows-back': takeFlowsBack,
  'try-peer': tryPeer,
} satisfies { readonly [K in Step['kind']]: StepDefinition<Extract<Step, { kind: K }>> };

export function definitionOf(step: Step): StepDefinition<Step> {
  // Each definition takes the step of its own kind: the table's type has made sure of that.
  return STEPS[step.kind] as StepDefinition<Step>;
}

export function effectOf(step: Step): Effect {
  const { effect } = definitionOf(step);
  return typeof effect === 'function' ? effect(step) : effect;
}
