/** The use cases as the commands see them: those of the library's door, each loaded when it is first called. Tests hand in a fake. */
import type { formatReport } from '../check/report/report.ts'
import type { gradeText } from '../check/report/grades.ts'
import type { fileText, summaryText, testText } from '../check/report/text.ts'
import type { trace } from '../check/trace.ts'
import type { runFiles } from '../check/run-files.ts'
import type { validate } from '../lab/compile.ts'
import type { formatContainerlab } from '../export/containerlab.ts'
import type { formatPicture } from '../export/picture.ts'
import type { importLab } from '../import/import.ts'
import type { captureCommand } from '../lab/capture.ts'
import type { doctor } from '../lab/doctor.ts'
import type { down } from '../lab/down.ts'
import type { nodeCommand } from '../lab/exec.ts'
import type { pruneImages } from '../lab/image.ts'
import type { drift, inspect, inspectRepeatedly } from '../lab/inspect.ts'
import type { moveLink } from '../lab/link-move.ts'
import type { flapLink } from '../lab/link-flap.ts'
import type { listLinks } from '../lab/link-list.ts'
import type { downLink, resetLink, setLink, showLink, upLink } from '../lab/link.ts'
import type { listLabs } from '../lab/list.ts'
import type { plan } from '../lab/plan.ts'
import type { followServiceLog, serviceLog } from '../lab/service-log.ts'
import type { controlServices, listServices, namedServices } from '../lab/services.ts'
import type { sketch } from '../lab/sketch.ts'
import type { readRecord } from '../lab/state.ts'
import type { up } from '../lab/up.ts'
import type { watchEvents } from '../lab/watch-events.ts'
import type { planJson } from '../plan/json.ts'
import type { formatPlanShell } from '../plan/shell.ts'
import type { formatPlanText } from '../plan/text.ts'
import type { labNameOf, shiftFile } from '../topology/compile.ts'
import type { startTui } from './start-tui.ts'

export interface Library {
  up: typeof up
  plan: typeof plan
  down: typeof down
  listLabs: Late<typeof listLabs>
  readRecord: Late<typeof readRecord>
  inspect: typeof inspect
  inspectRepeatedly: typeof inspectRepeatedly
  drift: typeof drift
  watchEvents: typeof watchEvents
  /** The user interface on this process's terminal. */
  tui: typeof startTui
  nodeCommand: Late<typeof nodeCommand>
  captureCommand: Late<typeof captureCommand>
  trace: typeof trace
  listLinks: typeof listLinks
  showLink: typeof showLink
  setLink: typeof setLink
  resetLink: typeof resetLink
  downLink: typeof downLink
  upLink: typeof upLink
  moveLink: typeof moveLink
  flapLink: typeof flapLink
  listServices: typeof listServices
  namedServices: Late<typeof namedServices>
  controlServices: typeof controlServices
  serviceLog: Late<typeof serviceLog>
  followServiceLog: typeof followServiceLog
  validate: typeof validate
  doctor: typeof doctor
  pruneImages: typeof pruneImages
  runFiles: typeof runFiles
  formatReport: typeof formatReport
  /** Everybody's points, for people. */
  gradeText: Late<typeof gradeText>
  /** The text of a file with its subnets moved. */
  shiftFile: Late<typeof shiftFile>
  /** The report for people, in its parts. */
  testReport: () => Promise<{ testText: typeof testText; fileText: typeof fileText; summaryText: typeof summaryText }>
  labNameOf: Late<typeof labNameOf>
  /** JSON Schema of the file. */
  schemaText: () => Promise<string>
  importLab: Late<typeof importLab>
  sketch: typeof sketch
  formatPicture: typeof formatPicture
  formatContainerlab: Late<typeof formatContainerlab>
  formatPlanText: Late<typeof formatPlanText>
  formatPlanShell: Late<typeof formatPlanShell>
  planJson: Late<typeof planJson>
}

/** A function that must be loaded before it can be called. */
type Late<Function extends (...words: never[]) => unknown> = (...words: Parameters<Function>) => Promise<ReturnType<Function>>
