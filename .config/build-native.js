// npm run build:native: native/build/nsexec for this machine, by make where there is one.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { compileNsexec, isMissing } from './native.js'

const native = fileURLToPath(new URL('../native', import.meta.url))

if (isMissing('cc')) {
  console.error('build: there is no C compiler. On Debian and Ubuntu: apt-get install gcc libc6-dev')
  process.exitCode = 1
} else if (!isMissing('make')) {
  process.exitCode = spawnSync('make', ['--silent', '-C', native], { stdio: 'inherit' }).status ?? 1
} else {
  try {
    compileNsexec('cc', `${native}/build/nsexec`)
  } catch (error) {
    console.error(`build: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
}
