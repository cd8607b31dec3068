// The library's one door. The command line uses nothing else.
export { trace, type Trace, type TraceHop } from './check/trace.ts'
export type { Answer, AskOptions, PingOptions, Question } from './lab/ask.ts'
export { captureCommand, type CaptureOptions } from './lab/capture.ts'
export { FindingsError, validate, type Source } from './lab/compile.ts'
export { doctor, type Check } from './lab/doctor.ts'
export { down, type DownResult } from './lab/down.ts'
export { nodeCommand, type NodeCommand } from './lab/exec.ts'
export { drift, inspect, type InspectedNamespace, type Inspection } from './lab/inspect.ts'
export { Lab, LabLink, LabNode, up, type ExecOptions } from './lab/lab.ts'
export {
  downLink,
  resetLink,
  setLink,
  showLink,
  upLink,
  type LinkChanges,
  type LinkOptions,
  type LinkReport,
  type LinkSettings,
} from './lab/link.ts'
export { moveLink, type LinkMove } from './lab/link-move.ts'
export { flapLink, type FlapOptions } from './lab/link-flap.ts'
export { listLinks } from './lab/link-list.ts'
export { listLabs, type LabSummary } from './lab/list.ts'
export { plan, type Planned } from './lab/plan.ts'
export type { LabEvent } from './lab/lab-event.ts'
export { sketch, type Sketch, type SketchSource } from './lab/sketch.ts'
export { formatContainerlab, type ContainerlabLab } from './export/containerlab.ts'
export { formatPicture, PICTURE_FORMATS, type PictureFormat } from './export/picture.ts'
export { importLab, type ImportedLab } from './import/import.ts'
export { watchEvents } from './lab/watch-events.ts'
export { followServiceLog, serviceLog } from './lab/service-log.ts'
export { controlServices, listServices, type ServiceReport } from './lab/services.ts'
export type { WatchOptions } from './lab/watch.ts'
export type { UpEvent, UpOptions } from './lab/up-options.ts'
export type { UpResult } from './lab/bring-up.ts'
export { DiagnosticError, type Diagnostic } from './diagnostic/diagnostic.ts'
export type { Operation, Plan } from './plan/operation.ts'
export type * from './state/network.ts'
