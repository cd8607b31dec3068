import { DiagnosticError, hasErrors, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { inOrder } from '../diagnostic/order.ts'
import type { NetworkState } from '../state/network.ts'
import { compileTopology, type CompiledLab, type CompileOptions } from '../topology/compile.ts'
import { findExternals } from './external.ts'
import { fitIpv6 } from './ipv6.ts'
import { checkDaemonConfigs } from './daemon-config.ts'
import { findMissingFeatures } from './feature.ts'
import { findHostRefused } from './host-network.ts'
import { findMissingControllers, withDisks } from './limits.ts'
import { findUnknownSysctls } from './unknown-sysctl.ts'
import { findMissingUplink } from './uplink.ts'
import { canonicalRulesets, withRulesets } from './ruleset.ts'

/** A topology: the path of a file, or the same as a JavaScript object. */
export type Source = string | object

/** A file without errors. */
export interface ReadyLab extends CompiledLab {
  readonly desired: NetworkState
}

/** Findings that stopped a file, with the texts they point into. */
export class FindingsError extends DiagnosticError {
  readonly sources: ReadonlyMap<string, string>

  constructor(diagnostics: readonly Diagnostic[], sources: ReadonlyMap<string, string>) {
    super('finding', diagnostics)
    this.name = 'FindingsError'
    this.sources = sources
  }
}

/** All findings of a file, those of the packet filter tools and routing daemons included; nothing is made but scratch namespaces. */
export async function validate(source: Source, options: CompileOptions = {}): Promise<CompiledLab> {
  const compiled = compileTopology(source, options)
  const { needs } = compiled
  const onDisks = compiled.desired === undefined ? undefined : withDisks(compiled.desired)
  const fitting = onDisks === undefined ? undefined : fitIpv6(onDisks.desired)
  const [{ rulesets, diagnostics }, refused, missing] = await Promise.all([
    canonicalRulesets(compiled.rulesets),
    checkDaemonConfigs(compiled.configs),
    findMissingFeatures(needs.features),
  ])
  const ofMachine = [
    ...findUnknownSysctls(needs),
    ...findMissingControllers(needs.limits),
    ...findHostRefused(needs.hostLinks),
    ...findExternals(compiled.name, needs.externals),
    ...findMissingUplink(needs.internet),
  ]
  const more = [...(onDisks?.diagnostics ?? []), ...(fitting?.diagnostics ?? []), ...missing, ...ofMachine, ...diagnostics, ...refused]
  return {
    ...compiled,
    ...(fitting !== undefined && { desired: withRulesets(fitting.desired, rulesets) }),
    diagnostics: more.length === 0 ? compiled.diagnostics : inOrder([...compiled.diagnostics, ...more]),
  }
}

/** Compiles a file that must be free of errors. Errors: FindingsError, warnings included. */
export async function compile(source: Source, options: Pick<CompileOptions, 'name' | 'seed' | 'onNodeCount'> = {}): Promise<ReadyLab> {
  const compiled = await validate(source, options)
  if (compiled.desired === undefined || hasErrors(compiled.diagnostics)) throw new FindingsError(compiled.diagnostics, compiled.sources)
  return { ...compiled, desired: compiled.desired }
}
