/** The real Library. An import stands in the function that needs it: `netlab ls` must not wait for YAML, a schema or the kernel. */
import type { Library } from './library.ts'

export const useCases: Library = {
  up: async (...words) => (await import('../lab/up.ts')).up(...words),
  plan: async (...words) => (await import('../lab/plan.ts')).plan(...words),
  down: async (...words) => (await import('../lab/down.ts')).down(...words),
  listLabs: async () => (await import('../lab/list.ts')).listLabs(),
  readRecord: async (...words) => (await import('../lab/state.ts')).readRecord(...words),
  inspect: async (...words) => (await import('../lab/inspect.ts')).inspect(...words),
  inspectRepeatedly: async (...words) => (await import('../lab/inspect.ts')).inspectRepeatedly(...words),
  drift: async (...words) => (await import('../lab/inspect.ts')).drift(...words),
  watchEvents: async (...words) => (await import('../lab/watch-events.ts')).watchEvents(...words),
  tui: async (...words) => (await import('./start-tui.ts')).startTui(...words),
  nodeCommand: async (...words) => (await import('../lab/exec.ts')).nodeCommand(...words),
  listLinks: async (...words) => (await import('../lab/link-list.ts')).listLinks(...words),
  showLink: async (...words) => (await import('../lab/link.ts')).showLink(...words),
  setLink: async (...words) => (await import('../lab/link.ts')).setLink(...words),
  resetLink: async (...words) => (await import('../lab/link.ts')).resetLink(...words),
  downLink: async (...words) => (await import('../lab/link.ts')).downLink(...words),
  upLink: async (...words) => (await import('../lab/link.ts')).upLink(...words),
  moveLink: async (...words) => (await import('../lab/link-move.ts')).moveLink(...words),
  flapLink: async (...words) => (await import('../lab/link-flap.ts')).flapLink(...words),
  listServices: async (...words) => (await import('../lab/services.ts')).listServices(...words),
  namedServices: async (...words) => (await import('../lab/services.ts')).namedServices(...words),
  controlServices: async (...words) => (await import('../lab/services.ts')).controlServices(...words),
  serviceLog: async (...words) => (await import('../lab/service-log.ts')).serviceLog(...words),
  followServiceLog: async (...words) => (await import('../lab/service-log.ts')).followServiceLog(...words),
  validate: async (...words) => (await import('../lab/compile.ts')).validate(...words),
  doctor: async () => (await import('../lab/doctor.ts')).doctor(),
  runFiles: async (...words) => (await import('../check/run-files.ts')).runFiles(...words),
  formatReport: async (...words) => (await import('../check/report/report.ts')).formatReport(...words),
  gradeText: async (...words) => (await import('../check/report/grades.ts')).gradeText(...words),
  shiftFile: async (...words) => (await import('../topology/compile.ts')).shiftFile(...words),
  testReport: () => import('../check/report/text.ts'),
  labNameOf: async (file) => (await import('../topology/compile.ts')).labNameOf(file),
  schemaText: async () => {
    const { default: schema } = await import('../topology/schema.json', { with: { type: 'json' } })
    return `${JSON.stringify(schema, undefined, 2)}\n`
  },
  planJson: async (plan) => (await import('../plan/json.ts')).planJson(plan),
  formatPlanText: async (plan, options) => (await import('../plan/text.ts')).formatPlanText(plan, options),
  formatPlanShell: async (plan) => (await import('../plan/shell.ts')).formatPlanShell(plan),
}
