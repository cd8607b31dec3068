/** Our numbers against this system's headers: a small C program prints each constant under its C name. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, type TestContext } from 'vitest'
import { errnoName } from '../../../src/linux/errno.ts'
import * as common from '../../../src/linux/uapi.ts'
import * as ofGeneric from '../../../src/linux/uapi-genl.ts'
import * as ofKinds from '../../../src/linux/uapi-link.ts'

const uapi = { ...common, ...ofKinds, ...ofGeneric }

const HEADERS = [
  'sched.h',
  'fcntl.h',
  'sys/epoll.h',
  'sys/file.h',
  'sys/mount.h',
  'sys/socket.h',
  'sys/syscall.h',
  'sys/ioctl.h',
  'linux/fib_rules.h',
  'linux/genetlink.h',
  'linux/if.h',
  'linux/if_addr.h',
  'linux/if_bridge.h',
  'linux/if_link.h',
  'linux/if_tun.h',
  'linux/if_tunnel.h',
  'linux/if_vlan.h',
  'linux/lwtunnel.h',
  'linux/mpls.h',
  'linux/mpls_iptunnel.h',
  'linux/neighbour.h',
  'linux/netlink.h',
  'linux/pkt_sched.h',
  'linux/rtnetlink.h',
  'linux/veth.h',
  'linux/wireguard.h',
]

/** Constants of a source file that has them as literals, those that it does not export too: `const SYS_open_tree = 428`. */
function literalsOf(path: string): [string, number][] {
  const text = readFileSync(new URL(`../../../src/linux/${path}`, import.meta.url), 'utf8')
  return [...text.matchAll(/^(?:export )?const ([A-Z][A-Z0-9]*_\w+) = (-?\w+)/gm)].flatMap(([, name, value]) =>
    Number.isNaN(Number(value)) ? [] : [[name!, Number(value)]],
  )
}

/** Names that are ours and in no header. */
const OURS = new Set(['CMSG_HEADER_BYTES', 'EPOLL_EVENTS'])
/** Names that came with a later kernel than the headers of Debian 12 have: 6.6. */
const LATER = new Set(['TCA_NETEM_PRNG_SEED'])

/** What a C program with these statements prints, "NAME NUMBER" a line; skips where there is no compiler or there are no headers. */
function printed(context: TestContext, statements: readonly string[]): Map<string, number> {
  const folder = mkdtempSync(join(tmpdir(), 'netlab-uapi-'))
  try {
    const source = [
      '#define _GNU_SOURCE',
      '#include <stdio.h>',
      '#include <string.h>',
      '#include <errno.h>',
      ...HEADERS.map((header) => `#include <${header}>`),
      'int main(void) {',
      ...statements,
      '}',
    ]
    writeFileSync(join(folder, 'probe.c'), source.join('\n'))
    const compiled = spawnSync('cc', ['-o', join(folder, 'probe'), join(folder, 'probe.c')], { encoding: 'utf8' })
    if (compiled.error !== undefined) context.skip('there is no C compiler')
    if (/fatal error: .*No such file/.test(compiled.stderr)) context.skip(`headers are missing: ${compiled.stderr.split('\n')[0]}`)
    expect(compiled.stderr).toBe('')
    const { stdout } = spawnSync(join(folder, 'probe'), { encoding: 'utf8' })
    return new Map(
      stdout
        .trim()
        .split('\n')
        .map((line) => [line.split(' ')[0]!, Number(line.split(' ')[1])]),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

it('the constants of uapi.ts and libc.ts are those of the headers', (context) => {
  const ours = new Map<string, number>(
    [...Object.entries(uapi), ...literalsOf('libc.ts')].filter(([name]) => !OURS.has(name) && !LATER.has(name)),
  )
  const statements = [...ours.keys()].map((name) => `printf("${name} %lld\\n", (long long)(${name}));`)
  expect(ours.get('SYS_open_tree')).toBe(428)
  expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(printed(context, statements)))
})

it('an errno has the name that the C library gives it', (context) => {
  const loop = 'for (int i = 1; i < 200; i++) if (strerrorname_np(i)) printf("%s %d\\n", strerrorname_np(i), i);'
  const named = [...printed(context, [loop])]
  const wrong = named.filter(([name, number]) => ![name, String(number)].includes(errnoName(number)))
  expect(wrong.map(([name, number]) => `${name} is called ${errnoName(number)}`)).toEqual([])
  for (const name of ['EAGAIN', 'EXFULL', 'EOPNOTSUPP', 'ENODEV', 'ERANGE', 'ESRCH'])
    expect(named.map(([, number]) => errnoName(number))).toContain(name)
})
