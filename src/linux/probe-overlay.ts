// Whether overlayfs is there, and whether this user may mount it: from Linux 5.11 on root of a user namespace may. overlayfs.rst.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { idMapKey } from './id-map.ts'
import { MNT_DETACH, mountNew, SyscallError, umount } from './libc.ts'
import type { Probe } from './probe.ts'

/** Tries it in the /run that `nsexec scratch` gives. */
export function probeOverlay(): Probe {
  const place = mkdtempSync('/run/overlay-')
  const [lower, upper, work, merged] = ['lower', 'upper', 'work', 'merged'].map((name) => `${place}/${name}`)
  for (const path of [lower, upper, work, merged]) mkdirSync(path!)
  const base = { group: 'file system', name: 'overlay' } as const
  try {
    mountNew('overlay', merged!, 0, `lowerdir=${lower},upperdir=${upper},workdir=${work}${idMapKey() === '' ? '' : ',userxattr'}`)
    umount(merged!, MNT_DETACH)
    return { ...base, ok: true, words: 'there' }
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error
    return { ...base, ok: false, words: error.code }
  } finally {
    rmSync(place, { recursive: true })
  }
}
