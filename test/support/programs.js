// The programs that the tests call, and the Debian packages that bring them.
import { spawnSync } from 'node:child_process'

/** @type {ReadonlyMap<string, string>} */
const PACKAGE_OF = new Map([
  ['ip', 'iproute2'],
  ['ping', 'iputils-ping'],
  ['iptables', 'iptables'],
  ['nft', 'nftables'],
  ['wg', 'wireguard-tools'],
  ['tcpdump', 'tcpdump'],
  ['strace', 'strace'],
  ['ps', 'procps'],
  ['newuidmap', 'uidmap'],
  ['tmux', 'tmux'],
  ['vtysh', 'frr'],
  ['birdc', 'bird2'],
  ['python3', 'python3'],
  ['iperf3', 'iperf3'],
  ['radvd', 'radvd'],
  ['dnsmasq', 'dnsmasq-base'],
  ['keepalived', 'keepalived'],
  ['pasta', 'passt'],
  ['slirp4netns', 'slirp4netns'],
  ['unshare', 'util-linux'],
  ['setpriv', 'util-linux'],
  ['git', 'git'],
  ['zstd', 'zstd'],
  ['busybox', 'busybox-static'],
  ['dot', 'graphviz'],
  ['zsh', 'zsh'],
  ['fish', 'fish'],
  // Debian starts some of these on the machine at once, and one is 400 MB large: only on a machine that is there for tests.
  ...(process.env.CI === undefined
    ? []
    : /** @type {const} */ ([
        ['nginx', 'nginx-light'],
        ['ssh', 'openssh-client'],
        ['sshd', 'openssh-server'],
        ['chronyd', 'chrony'],
        ['chromium', 'chromium'],
      ])),
  // For the published package's other architecture.
  ...(process.arch === 'x64' ? /** @type {const} */ ([['aarch64-linux-gnu-gcc', 'gcc-aarch64-linux-gnu']]) : []),
])
/** Packages that bring no program of their own: a file of theirs, and the name. @type {ReadonlyMap<string, string>} */
const PACKAGE_OF_FILE = new Map(process.arch === 'x64' ? [['/usr/aarch64-linux-gnu/lib/libc.a', 'libc6-dev-arm64-cross']] : [])

/** sbin is not on an ordinary user's PATH, and iptables lives there. */
export const PATH = [...new Set([...(process.env.PATH ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin'])].join(':')

/** Programs and files that are not here, with the package that brings each. @returns {[string, string][]} */
export function missingPrograms() {
  const lacks = (/** @type {string} */ test, /** @type {string} */ name) =>
    spawnSync('sh', ['-c', `${test} "$0"`, name], { env: { ...process.env, PATH }, stdio: 'ignore' }).status !== 0
  return [
    ...[...PACKAGE_OF].filter(([program]) => lacks('command -v', program)),
    ...[...PACKAGE_OF_FILE].filter(([file]) => lacks('test -e', file)),
  ]
}

/**
 * Installs what is missing when this is root on a Debian-like system; returns what is still missing.
 * The tests that need it will skip and say so.
 */
export function installPrograms() {
  const missing = missingPrograms()
  if (missing.length === 0 || process.getuid?.() !== 0) return missing
  const packages = [...new Set(missing.map(([, name]) => name))]
  console.log(`installing ${packages.join(' ')}`)
  const apt = (/** @type {string[]} */ ...args) =>
    spawnSync('apt-get', ['-qq', '-o', 'Dpkg::Use-Pty=0', ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'ignore', 'inherit'],
    }).status
  apt('update')
  // One name that this release does not have must not keep the others away.
  if (apt('install', '-y', '--no-install-recommends', ...packages) !== 0) {
    for (const name of packages) apt('install', '-y', '--no-install-recommends', name)
  }
  return missingPrograms()
}
