// The C library through koffi, as late as can be: the package is loaded at the first call, and each function declared at its own. A command that
// calls four functions would else wait for forty; one that calls none, for the package.
import type * as Koffi from 'koffi'
import { createRequire } from 'node:module'

type KoffiFunction = ReturnType<Koffi.LibraryHandle['func']>

let loaded: typeof Koffi | undefined
let library: Koffi.LibraryHandle | undefined

/** The package itself. */
export function koffi(): typeof Koffi {
  // By require: an import would be loaded with whatever file has it.
  return (loaded ??= createRequire(import.meta.url)('koffi') as typeof Koffi)
}

/** Functions of the C library by a name of ours, from their prototypes. */
export function libraryFunctions<Name extends string>(prototypes: Readonly<Record<Name, string>>): Readonly<Record<Name, KoffiFunction>> {
  const functions = {} as Record<Name, KoffiFunction>
  for (const name of Object.keys(prototypes) as Name[])
    Object.defineProperty(functions, name, {
      configurable: true,
      get() {
        library ??= koffi().load(null)
        const value = library.func(prototypes[name])
        Object.defineProperty(functions, name, { value })
        return value
      },
    })
  return functions
}
