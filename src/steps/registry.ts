import { addAddress, removeAddress, type AddAddress, type RemoveAddress } from './add-address.js';
import { awaitClosed, type AwaitClosed } from './await-closed.js';
import { awaitDrained, type AwaitDrained } from './await-drained.js';
import { awaitFlowsEnded, type AwaitFlowsEnded } from './await-flows-ended.js';
import { awaitHandshakes, type AwaitHandshakes } from './await-handshakes.js';
import { awaitLeft, type AwaitLeft } from './await-left.js';
import { awaitLetGo, type AwaitLetGo } from './await-let-go.js';
import { awaitNoSocket, type AwaitNoSocket } from './await-no-socket.js';
import { awaitPeers, type AwaitPeers } from './await-peers.js';
import { awaitQuiet, type AwaitQuiet } from './await-quiet.js';
import { awaitReplacement, type AwaitReplacement } from './await-replacement.js';
import { awaitRetired, type AwaitRetired } from './await-retired.js';
import { awaitStopping, type AwaitStopping } from './await-stopping.js';
import { awaitWorkers, type AwaitWorkers } from './await-workers.js';
import { carryStates, type CarryStates } from './carry-states.js';
import { clearInstance, type ClearInstance } from './clear-instance.js';
import { confirmGeneration, type ConfirmGeneration } from './confirm-generation.js';
import { confirmHold, type ConfirmHold } from './confirm-hold.js';
import { confirmInstance, type ConfirmInstance } from './confirm-instance.js';
import { confirmPort, type ConfirmPort } from './confirm-port.js';
import { divertFlows, type DivertFlows } from './divert-flows.js';
import { drainPort, type DrainPort } from './drain-port.js';
import { flipMap, type FlipMap } from './flip-map.js';
import { flipTable, type MakeFlipTable } from './flip-table.js';
import { holdSyns, type HoldSyns } from './hold-syns.js';
import { keepConfig, type KeepConfig } from './keep-config.js';
import { keepNote, type KeepNote } from './keep-note.js';
import { forgetFlows, type ForgetFlows } from './forget-flows.js';
import { keepNames, type KeepNames } from './keep-names.js';
import { keepReachable, type KeepReachable } from './keep-reachable.js';
import { moveAddress, type MoveAddress } from './move-address.js';
import { openRuntime, type OpenRuntime } from './open-runtime.js';
import { proveService, type ProveService } from './prove-service.js';
import { quiesce, type Quiesce } from './quiesce.js';
import { releaseSyns, type ReleaseSyns } from './release-syns.js';
import { reloadMaster, type ReloadMaster } from './reload-master.js';
import { reloadService, type ReloadService } from './reload-service.js';
import { removeDiversion, type RemoveDiversion } from './remove-diversion.js';
import { replaceFile, type ReplaceFile } from './replace-file.js';
import { restoreSysctl, type RestoreSysctl } from './restore-sysctl.js';
import { runCommand, type RunCommand } from './run-command.js';
import { runWhileDiverted, type RunWhileDiverted } from './run-while-diverted.js';
import { runtimeChange, type RuntimeChangeStep } from './runtime-change.js';
import { setRotation, type SetRotation } from './set-rotation.js';
import { setSysctl, type SetSysctl } from './set-sysctl.js';
import { softStop, type SoftStop } from './soft-stop.js';
import { startGeneration, type StartGeneration } from './start-generation.js';
import { startInstance, type StartInstance } from './start-instance.js';
import { stopInstance, type StopInstance } from './stop-instance.js';
import { takeFlowsBack, type TakeFlowsBack } from './take-flows-back.js';
import { trackHandshakes, type TrackHandshakes } from './track-handshakes.js';
import { tryPeer, type TryPeer } from './try-peer.js';
import { writeFiles, type WriteFiles } from './write-files.js';
import { writeStates, type WriteStates } from './write-states.js';
import type { Effect, StepDefinition } from './definition.js';

/** The vocabulary. A new step is one file and one line in each of these two lists. */
export type Step =
  | AddAddress
  | AwaitClosed
  | AwaitDrained
  | AwaitFlowsEnded
  | AwaitHandshakes
  | AwaitLeft
  | AwaitLetGo
  | AwaitNoSocket
  | AwaitPeers
  | AwaitQuiet
  | AwaitReplacement
  | AwaitRetired
  | AwaitStopping
  | AwaitWorkers
  | CarryStates
  | ClearInstance
  | ConfirmGeneration
  | ConfirmHold
  | ConfirmInstance
  | ConfirmPort
  | DivertFlows
  | DrainPort
  | FlipMap
  | HoldSyns
  | KeepConfig
  | KeepNote
  | ForgetFlows
  | KeepNames
  | KeepReachable
  | MakeFlipTable
  | MoveAddress
  | OpenRuntime
  | ProveService
  | Quiesce
  | ReleaseSyns
  | ReloadMaster
  | ReloadService
  | RemoveAddress
  | RemoveDiversion
  | ReplaceFile
  | RestoreSysctl
  | RunCommand
  | RunWhileDiverted
  | RuntimeChangeStep
  | SetRotation
  | SetSysctl
  | SoftStop
  | StartGeneration
  | StartInstance
  | StopInstance
  | TakeFlowsBack
  | TrackHandshakes
  | TryPeer
  | WriteFiles
  | WriteStates;

export const STEPS = {
  'add-address': addAddress,
  'await-closed': awaitClosed,
  'await-drained': awaitDrained,
  'await-flows-ended': awaitFlowsEnded,
  'await-handshakes': awaitHandshakes,
  'await-left': awaitLeft,
  'await-let-go': awaitLetGo,
  'await-no-socket': awaitNoSocket,
  'await-peers': awaitPeers,
  'await-quiet': awaitQuiet,
  'await-replacement': awaitReplacement,
  'await-retired': awaitRetired,
  'await-stopping': awaitStopping,
  'await-workers': awaitWorkers,
  'carry-states': carryStates,
  'clear-instance': clearInstance,
  'confirm-generation': confirmGeneration,
  'confirm-hold': confirmHold,
  'confirm-instance': confirmInstance,
  'confirm-port': confirmPort,
  'divert-flows': divertFlows,
  'drain-port': drainPort,
  'flip-map': flipMap,
  'flip-table': flipTable,
  'hold-syns': holdSyns,
  'keep-config': keepConfig,
  'keep-note': keepNote,
  'forget-flows': forgetFlows,
  'keep-names': keepNames,
  'keep-reachable': keepReachable,
  'move-address': moveAddress,
  'open-runtime': openRuntime,
  'prove-service': proveService,
  quiesce,
  'release-syns': releaseSyns,
  'reload-master': reloadMaster,
  'reload-service': reloadService,
  'remove-address': removeAddress,
  'remove-diversion': removeDiversion,
  'replace-file': replaceFile,
  'restore-sysctl': restoreSysctl,
  'run-command': runCommand,
  'run-while-diverted': runWhileDiverted,
  'runtime-change': runtimeChange,
  'set-rotation': setRotation,
  'set-sysctl': setSysctl,
  'soft-stop': softStop,
  'start-generation': startGeneration,
  'start-instance': startInstance,
  'stop-instance': stopInstance,
  'take-flows-back': takeFlowsBack,
  'track-handshakes': trackHandshakes,
  'try-peer': tryPeer,
  'write-files': writeFiles,
  'write-states': writeStates,
} satisfies { readonly [K in Step['kind']]: StepDefinition<Extract<Step, { kind: K }>> };

export function definitionOf(step: Step): StepDefinition<Step> {
  // Each definition takes the step of its own kind: the table's type has made sure of that.
  return STEPS[step.kind] as StepDefinition<Step>;
}

export function effectOf(step: Step): Effect {
  const { effect } = definitionOf(step);
  return typeof effect === 'function' ? effect(step) : effect;
}
