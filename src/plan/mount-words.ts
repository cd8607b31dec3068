/** mount(8) commands of root directories and mounts: comments beside a plan, for ip netns exec mounts nothing that would stay (shell-mount.ts for scripts). */
import { rootText, type MountState, type RootState } from '../state/mount.ts'
import type { AddMount, DelMount } from './operation.ts'
import { quote } from './quote.ts'

/** `# root of dmz.h1: mount -t overlay …, then pivot_root` */
export function rootComment(root: RootState, name: string): string {
  const layers = root.save ?? '/tmp/layers'
  const options = `lowerdir=${root.tree},upperdir=${layers}/upper,workdir=${layers}/work`
  return `# root of ${name}: mount -t overlay overlay -o ${quote(options)} /mnt; pivot_root /mnt: ip netns exec shows the machine's`
}

export function mountComment({ type, path, mount }: AddMount | DelMount, name: string): string {
  const command = type === 'add mount' ? `${mountCommand(mount)} ${quote(path)}` : `umount ${quote(path)}`
  return `# in ${name}: ${command}: ip netns exec keeps no mounts`
}

/** ` with the root /srv/tree` */
export function rootWords(root: RootState | undefined): string {
  return root === undefined ? '' : ` with the root ${rootText(root)}`
}

/** mount(8), without the path that it mounts over. */
export function mountCommand(mount: MountState): string {
  if (mount.kind === 'tmpfs') return `mount -t tmpfs${mount.sizeBytes === undefined ? '' : ` -o size=${mount.sizeBytes}`} tmpfs`
  return `mount --rbind${mount.readOnly ? ' -o ro' : ''} ${quote(mount.source)}`
}
