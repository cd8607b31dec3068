// Before `npm pack` and `npm publish`: static nsexec for each architecture the package promises, so that it works where no compiler is.
import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { compileNsexec, isMissing } from './native.js'

/** By process.arch: the prefix of the cross compiler, and Debian's packages that bring it and its C library. */
const TARGETS = {
  x64: { triplet: 'x86_64-linux-gnu', packages: 'gcc-x86-64-linux-gnu libc6-dev-amd64-cross' },
  arm64: { triplet: 'aarch64-linux-gnu', packages: 'gcc-aarch64-linux-gnu libc6-dev-arm64-cross' },
}

const folder = fileURLToPath(new URL('../native/prebuilt', import.meta.url))

for (const [arch, { triplet, packages }] of Object.entries(TARGETS)) {
  const own = arch === process.arch
  const compiler = own ? 'cc' : `${triplet}-gcc`
  const output = `${folder}/nsexec-${arch}`
  try {
    if (isMissing(compiler)) throw new Error('it is not installed')
    compileNsexec(compiler, output, ['-s'])
    console.error(`prepack: native/prebuilt/nsexec-${arch}, ${Math.round(statSync(output).size / 1024)} KiB`)
  } catch (error) {
    console.error(`prepack: ${compiler} cannot build nsexec for ${arch}: ${error instanceof Error ? error.message : String(error)}`)
    console.error(`On Debian and Ubuntu:\n  apt-get install ${own ? 'gcc libc6-dev' : packages}`)
    process.exitCode = 1
  }
}
