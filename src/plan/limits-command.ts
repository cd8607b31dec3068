/** Limits as commands for a machine with cgroup version 2. */
import { cgroupFiles, cgroupName, ioMaxWords } from '../state/cgroup-files.ts'
import { LIMITED, type IoLimits, type Limits } from '../state/limits.ts'
import type { SetLimits } from './client-operation.ts'
import { quote } from './quote.ts'

/** Whatever is to be limited has to be put there, too: ip netns exec does not. */
export function limitsCommand({ netns, limits, previous }: SetLimits, lab: string): string {
  const names = cgroupName(lab, netns)
  const above = quote(`/sys/fs/cgroup/${names.lab}`)
  const own = quote(`/sys/fs/cgroup/${names.lab}/${names.node}`)
  const touched = LIMITED.filter((name) => limits[name] !== undefined || previous[name] !== undefined)
  const files = cgroupFiles(limits)
  const controllers = touched.map((name) => `+${name}`).join(' ')
  return [
    // On a machine with version 1 this is a tmpfs, which would take the files and limit nobody.
    "[ -e /sys/fs/cgroup/cgroup.controllers ] || { echo 'Limits need cgroup version 2 at /sys/fs/cgroup.' >&2; exit 1; }",
    `mkdir -p ${above}`,
    `echo '${controllers}' > /sys/fs/cgroup/cgroup.subtree_control`,
    `echo '${controllers}' > ${above}/cgroup.subtree_control`,
    `mkdir -p ${own}`,
    ...touched.flatMap((name) => (name === 'io' ? [] : [`echo ${quote(files[`${name}.max`])} > ${own}/${name}.max`])),
    ...ioLines(limits, previous).map((line) => `${line} > ${own}/io.max`),
    `# a process goes there by: echo 0 > ${own}/cgroup.procs`,
  ].join('\n')
}

/** The kernel wants a disk's number. */
function ioLines({ io = [] }: Limits, { io: before = [] }: Limits): string[] {
  const gone: IoLimits[] = before.filter(({ device }) => !io.some((own) => own.device === device)).map(({ device }) => ({ device }))
  return [...gone, ...io].map((own) => `echo "$(lsblk -dnro MAJ:MIN ${quote(own.device)}) ${ioMaxWords(own)}"`)
}
