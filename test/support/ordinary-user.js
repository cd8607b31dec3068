// The live tests once more as an ordinary user, started by root: a user id that nobody has, with a home, a copy of the checkout and
// a range of subordinate ids. The user exists only in a private mount namespace, where /etc is covered by an
// overlay with amended copies of /etc/passwd and its like; the host's own files are never written.
import { spawnSync } from 'node:child_process'
import { appendFileSync, chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PATH } from './programs.js'

const NAME = 'netlab-test'
/** Far from where distributions hand out subordinate ids (100,000 and up, 65,536 each). */
const FIRST_SUBORDINATE = 2_000_000_000
const SUBORDINATES = 65_536

/**
 * A user that can run commands in a copy of the checkout.
 * @typedef {object} OrdinaryUser
 * @property {string} checkout the copy, which belongs to the user
 * @property {string} folder for files that come back from a command; the user may write there
 * @property {(command: string[], env: Record<string, string>) => { command: string[], env: Record<string, string> }} wrap
 *   what root has to start so that the user runs `command`
 * @property {() => void} remove removes everything again
 */

/**
 * Makes the user. Throws with the system's own words where root may not (a container without CAP_SYS_ADMIN).
 * @param {string} checkout @returns {OrdinaryUser}
 */
export function makeOrdinaryUser(checkout) {
  const uid = freeUid()
  const folder = mkdtempSync(join(tmpdir(), 'netlab-user-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    const [home, runtime, copy] = [join(folder, 'home'), join(folder, 'runtime'), join(folder, 'home/checkout')]
    mkdirSync(home)
    mkdirSync(runtime, { mode: 0o700 })
    cpSync(checkout, copy, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith('/.git') })
    const etc = join(folder, 'etc')
    const work = join(folder, 'work')
    mkdirSync(work)
    amend(etc, {
      passwd: `${NAME}:x:${uid}:${uid}::${home}:/bin/sh\n`,
      group: `${NAME}:x:${uid}:\n`,
      subuid: `${NAME}:${FIRST_SUBORDINATE}:${SUBORDINATES}\n`,
      subgid: `${NAME}:${FIRST_SUBORDINATE}:${SUBORDINATES}\n`,
    })
    mustRun(['chown', '-R', '-h', `${uid}:${uid}`, home, runtime])
    chmodSync(folder, 0o755)
    // One overlay, not a mount for each file: what lies on files in /etc would be in the way of the labs' own overlays.
    const overlay = `mount -t overlay overlay -o lowerdir=/etc,upperdir=${etc},workdir=${work} /etc`
    // Distributions let everybody open it; a machine made for one program may not.
    const tun = 'if [ -c /dev/net/tun ]; then mount -t tmpfs tmpfs /dev/net && mknod -m 666 /dev/net/tun c 10 200; fi'
    const script = `${overlay} && { ${tun}; } && exec setpriv --reuid=${uid} --regid=${uid} --clear-groups "$@"`
    const prefix = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh']
    // Node may lie in root's own home, where nobody else may look.
    mustRun([...prefix, process.execPath, '--version'])
    return {
      checkout: copy,
      folder: home,
      remove,
      wrap: (command, env) => ({
        command: [...prefix, ...command],
        env: { PATH, HOME: home, USER: NAME, LOGNAME: NAME, SHELL: '/bin/sh', XDG_RUNTIME_DIR: runtime, ...kept(), ...env },
      }),
    }
  } catch (error) {
    remove()
    throw error
  }
}

/** Copies of files of /etc, with a line more each. @param {string} folder @param {Record<string, string>} lines */
function amend(folder, lines) {
  mkdirSync(folder)
  for (const [name, line] of Object.entries(lines)) {
    const copy = join(folder, name)
    if (existsSync(`/etc/${name}`)) cpSync(`/etc/${name}`, copy)
    appendFileSync(copy, line)
    chmodSync(copy, 0o644)
  }
}

/** An id below 65,000 (containers often map no more) that no account has. */
function freeUid() {
  const used = new Set([...readFileSync('/etc/passwd', 'utf8').matchAll(/^[^:]*:[^:]*:(\d+)/gm)].map(([, uid]) => Number(uid)))
  for (let uid = 47_000; uid < 65_000; uid++) if (!used.has(uid)) return uid
  throw new Error('every user id from 47000 to 65000 is taken')
}

/** Of root's environment only what steers the tests. @returns {Record<string, string>} */
function kept() {
  const names = Object.keys(process.env).filter((name) => /^(CI|LANG|LC_.*|TZ|TERM|NO_COLOR|FORCE_COLOR|NETLAB_.*)$/.test(name))
  return Object.fromEntries(names.map((name) => [name, process.env[name] ?? '']))
}

/** @param {string[]} argv */
function mustRun([command = '', ...args]) {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] })
  if (status !== 0) throw new Error(error?.message ?? (stderr.trim() || `${command} ended with status ${status}`))
}
