/** The smallest root directory that has a shell: busybox and links to it. */
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const BUSYBOX = '/bin/busybox'
const APPLETS = [
  'sh',
  'cat',
  'ls',
  'ping',
  'ip',
  'hostname',
  'test',
  'sleep',
  'touch',
  'rm',
  'mount',
  'id',
  'env',
  'pwd',
  'httpd',
  'stat',
  'chroot',
  'mkdir',
]

/** Makes the tree in `directory`. */
export function makeBusyboxTree(directory: string): void {
  for (const folder of ['bin', 'etc', 'srv']) mkdirSync(join(directory, folder), { recursive: true })
  copyFileSync(BUSYBOX, join(directory, 'bin/busybox'))
  for (const applet of APPLETS) symlinkSync('busybox', join(directory, 'bin', applet))
  writeFileSync(join(directory, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nweb:x:33:33:web:/srv:/bin/sh\n')
  writeFileSync(join(directory, 'etc/group'), 'root:x:0:\nweb:x:33:\n')
  writeFileSync(join(directory, 'etc/release'), 'tiny\n')
}
