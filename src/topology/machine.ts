/** For which machines programs run here. */
import { existsSync } from 'node:fs'

/** Names as distributions and images have them, by process.arch; what else each runs of its own accord. */
const RUNS: Readonly<Record<string, readonly string[]>> = { x64: ['amd64', '386'], arm64: ['arm64', 'arm'] }

/** As qemu calls them. */
const QEMU: Readonly<Record<string, string>> = { amd64: 'x86_64', '386': 'i386', arm64: 'aarch64' }

/** This machine's own name among those. */
export function ownMachine(): string {
  return RUNS[process.arch]?.[0] ?? process.arch
}

/** Undefined where its programs run; else the machine, and what to do, as the end of a sentence. */
export function foreignMachine(machine: string): string | undefined {
  const own = RUNS[process.arch] ?? [process.arch]
  if (own.includes(machine) || existsSync(`/proc/sys/fs/binfmt_misc/qemu-${QEMU[machine] ?? machine}`)) return undefined
  return `${machine}, this machine is ${ownMachine()}, and there is no qemu for it (Debian's package qemu-user-static).`
}
