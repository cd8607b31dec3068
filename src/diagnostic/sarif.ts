/** Diagnostics as SARIF 2.1.0 (OASIS), which code hosts and editors read. Section numbers are those of the standard. */
import { relative } from 'node:path'
import { CODES } from './codes.ts'
import type { Code } from './codes.ts'
import type { Diagnostic } from './diagnostic.ts'
import { MEANINGS } from './meaning.ts'
import { inOrder } from './order.ts'
import type { Origin } from './origin.ts'

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json'

export interface SarifOptions {
  readonly version: string
  /** Root of the URIs; the process's working directory where absent. */
  readonly cwd?: string
}

/** The whole log file as JSON text. */
export function formatSarif(diagnostics: readonly Diagnostic[], options: SarifOptions): string {
  const cwd = options.cwd ?? process.cwd()
  const codes = [...new Set(diagnostics.map((diagnostic) => diagnostic.code))].sort()
  const log = {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'netlab', version: options.version, rules: codes.map(ruleOf) } },
        // 3.14.17: our columns are those of JavaScript strings.
        columnKind: 'utf16CodeUnits',
        results: inOrder(diagnostics).map((diagnostic) => resultOf(diagnostic, codes, cwd)),
      },
    ],
  }
  return `${JSON.stringify(log, undefined, 2)}\n`
}

/** 3.49 reportingDescriptor */
function ruleOf(code: Code): object {
  return { id: code, shortDescription: { text: CODES[code] }, help: { text: MEANINGS[code] } }
}

/** 3.27 result */
function resultOf(diagnostic: Diagnostic, codes: readonly Code[], cwd: string): object {
  const { code, severity, origin, related = [], facts = [], command } = diagnostic
  const sentences = [
    diagnostic.detail,
    ...(diagnostic.hint === undefined ? [] : [diagnostic.hint]),
    ...facts.map(([key, value]) => `${key}: ${value}`),
    ...(command === undefined ? [] : [`${command.sentence} ${command.line}`]),
  ]
  return {
    ruleId: code,
    ruleIndex: codes.indexOf(code),
    level: severity,
    message: { text: sentences.join('\n') },
    locations: origin === undefined ? [] : [locationOf(origin, cwd)],
    ...(related.length > 0 && {
      relatedLocations: related.map((place, id) => ({ id, ...locationOf(place.origin, cwd), message: { text: place.note } })),
    }),
  }
}

/** 3.28 location. 3.30.8: endColumn is one past the last character. */
function locationOf(origin: Origin, cwd: string): object {
  return {
    physicalLocation: {
      artifactLocation: { uri: uriOf(origin.file, cwd) },
      region: { startLine: origin.line, startColumn: origin.column, endColumn: origin.column + Math.max(origin.length, 1) },
    },
  }
}

/** 3.4.3: a URI reference; relative to the root of the repository, where code hosts look. */
function uriOf(file: string, cwd: string): string {
  const path = file.startsWith('/') ? relative(cwd, file) : file
  const encoded = path.split('/').map(encodeURIComponent).join('/')
  return path.startsWith('../') ? `file://${file.split('/').map(encodeURIComponent).join('/')}` : encoded
}
