/** What a command in a node may do: enough for networking, and nothing to the machine. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { DEFAULT_CAPABILITIES, capabilityMask } from '../../src/unit/capability.ts'
import { serviceLog } from '../../src/index.ts'
import { sharedLab } from '../support/live-lab.ts'
import { needs } from '../support/needs.ts'

const YAML = `
nodes:
  h1: { services: { s: { run: "grep -E '^(Cap(Eff|Bnd)|NoNewPrivs|Seccomp):' /proc/self/status; exec sleep inf" } } }
  h2: { capabilities: { add: SYS_ADMIN, drop: [NET_RAW, cap_chown] } }
  h3: { privileged: true }
  h4: { capabilities: { drop: ALL } }
links:
  - { endpoints: [h1, h2], subnet: 10.0.0.0/24 }
`

describe('in a default node', () => {
  const lab = sharedLab(YAML)

  /** A python line that makes a system call by number and prints the name of its errno. */
  const syscall = (number: number, ...words: readonly (number | string)[]): string =>
    `python3 -c "import ctypes,errno; l=ctypes.CDLL(None,use_errno=True); r=l.syscall(${[number, ...words].join(',')}); print(errno.errorcode[ctypes.get_errno()] if r<0 else 'done')"`

  test('ping, tcpdump, iptables and ip must work', async () => {
    await lab.sh('h1', 'ping -c 1 -W 2 10.0.0.2')
    await lab.sh('h1', 'ip link add v0 type veth peer name v1 && ip link del v0 && sysctl -qw net.ipv4.ip_default_ttl=65')
    await lab.sh('h1', 'iptables -A INPUT -p tcp --dport 9 -j DROP && iptables -F')
  })

  test('tcpdump must see packets', async ({ skip }) => {
    needs({ skip }, 'command:tcpdump')
    expect(
      await lab.sh(
        'h1',
        'tcpdump --immediate-mode -c 1 -i eth0 -n icmp 2>/dev/null & ping -c 20 -i 0.2 -w 4 10.0.0.2 >/dev/null & wait %1; kill %2 || true',
      ),
    ).toContain('ICMP echo')
  })

  test('a service and a command must have the default capabilities, no way to more, and the filter', async () => {
    const mask = capabilityMask(DEFAULT_CAPABILITIES)
    const wanted = `CapEff:\t${mask}\nCapBnd:\t${mask}\nNoNewPrivs:\t1\nSeccomp:\t2\n`
    expect(await lab.sh('h1', "grep -E '^(Cap(Eff|Bnd)|NoNewPrivs|Seccomp):' /proc/self/status")).toBe(wanted)
    expect(`${serviceLog(lab.name, { netns: 'h1', service: 's' }).join('\n')}\n`).toBe(wanted)
  })

  test.skipIf(process.arch !== 'x64').for([
    ['to load a module', 175, [0, 0, 0]],
    ['to reboot', 169, ['0xfee1dead', 672274793, 0, 0]],
    ['to set the clock', 227, [0, 0]],
    ['to set the time of day', 164, [0, 0]],
    ['to load another kernel', 246, [0, 0, 0, 0]],
    ['to enter a namespace', 308, [0, 0]],
    ['to make a user namespace', 272, ['0x10000000']],
    ['to mount', 165, [0, 0, 0, 0, 0]],
    ['to open a file by its handle', 304, [0, 0, 0]],
    ['to load a BPF program', 321, [0, 0, 0]],
    ['to open the ring of io_uring', 425, [1, 0]],
    ['to read the kernel log', 103, [2, 0, 0]],
    ['to type on a terminal (TIOCSTI)', 16, [0, '0x5412', 0]],
    ['to reach the hypervisor (AF_VSOCK)', 41, [40, 1, 0]],
  ] as const)('an attempt %s must fail', async ([, number, words], { skip }) => {
    needs({ skip }, 'command:python3')
    expect(await lab.sh('h1', syscall(number, ...words))).toBe('EPERM\n')
  })

  test('an attempt to clone into new namespaces must fail', async ({ skip }) => {
    needs({ skip }, 'command:unshare')
    for (const flag of ['--user', '--net', '--mount', '--pid --fork'])
      expect((await lab.node('h1').exec(['sh', '-c', `unshare ${flag} true`])).stderr).toContain('Operation not permitted')
  })

  test('the settings of the machine must not be writable, those of the network be', async () => {
    const before = readFileSync('/proc/sys/kernel/printk', 'utf8')
    const write = async (path: string): Promise<number> => (await lab.node('h1').exec(['sh', '-c', `echo 1 >${path}`])).status
    expect(await write('/proc/sys/kernel/printk')).not.toBe(0)
    expect(await write('/proc/sysrq-trigger')).not.toBe(0)
    expect(await write('/sys/class/net/lo/ifalias')).not.toBe(0)
    expect(await write('/proc/sys/net/ipv4/conf/all/forwarding')).toBe(0)
    expect(readFileSync('/proc/sys/kernel/printk', 'utf8')).toBe(before)
    expect((await lab.node('h1').exec(['head', '-c', '1', '/proc/kcore'])).stdout).toBe('')
  })

  test("the machine's network and the lab's holder must be out of reach", async () => {
    expect((await lab.node('h1').exec(['readlink', '/proc/1/fd/0'])).status).not.toBe(0)
    expect((await lab.node('h1').exec(['readlink', '/proc/1/ns/net'])).status).not.toBe(0)
    expect((await lab.node('h1').exec(['kill', '-9', '1'])).status).toBe(0) // the kernel drops it: PID 1 of its namespace
    expect(existsSync(`/proc/${lab.notes().holderPid}`)).toBe(true)
  })

  test('capabilities that the file adds and drops must be so', async () => {
    const effective = async (node: string): Promise<string> => (await lab.sh(node, "sed -n 's/^CapEff:\t//p' /proc/self/status")).trim()
    const names = [...DEFAULT_CAPABILITIES, 'SYS_ADMIN'].filter((name) => name !== 'NET_RAW' && name !== 'CHOWN')
    expect(await effective('h2')).toBe(capabilityMask(names))
    expect(await effective('h4')).toBe('0000000000000000')
    await lab.sh('h2', 'mount -t tmpfs none /mnt && umount /mnt')
    expect((await lab.node('h2').exec(['ping', '-c', '1', '10.0.0.1'])).status).not.toBe(0)
    expect(await lab.sh('h3', "sed -n 's/^Seccomp:\t//p' /proc/self/status")).toBe('0\n')
    await lab.sh('h3', 'unshare --net true')
  })
})
