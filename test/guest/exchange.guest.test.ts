/** What two links cannot have at a time, and what a kernel gives unasked when links go their ways: one change of a lab there, and one back. */
import { expect } from 'vitest'
import { test, type LiveLab } from '../support/live-lab.ts'

const yaml = (interfaces: string): string => `
nodes: { a: { interfaces: { ${interfaces} } }, b: {} }
links: [["a:eth0", "b:eth0"], ["a:eth1", "b:eth1"], ["a:eth2", "b:eth2"], ["a:eth3", "b:eth3"], ["a:eth4", "b:eth4"]]
`
const BEFORE = yaml(`
  bond0: { kind: bond, mode: active-backup, members: [eth0] }, bond1: { kind: bond, mode: active-backup, members: [eth1, eth2] },
  bond2: { kind: bond, mode: active-backup, fail_over_mac: active, members: [eth4] },
  mv0: { kind: macvlan, parent: eth3, mac: "02:00:00:00:00:01" }, mv1: { kind: macvlan, parent: eth3, mac: "02:00:00:00:00:02" },
  wg0: { kind: wireguard, address: 10.9.0.1/24, listen_port: 1000 }, wg1: { kind: wireguard, address: 10.9.1.1/24, listen_port: 2000 }`)
const AFTER = yaml(`
  bond0: { kind: bond, mode: active-backup, members: [eth1] }, bond1: { kind: bond, mode: active-backup, members: [eth0, br0] },
  br0: { kind: bridge }, eth2: { mac: "02:00:00:00:00:77" },
  mv0: { kind: macvlan, parent: eth3, mac: "02:00:00:00:00:02" }, mv1: { kind: macvlan, parent: eth3, mac: "02:00:00:00:00:01" },
  wg0: { kind: wireguard, address: 10.9.0.1/24, listen_port: 2000 }, wg1: { kind: wireguard, address: 10.9.1.1/24, listen_port: 1000 }`)

/** Of all but those whose addresses the kernel chooses: a bond with fail_over_mac and its members. */
const addressesOf = (lab: LiveLab): Promise<string> =>
  lab.sh('a', 'cd /sys/class/net && cat bond[01]/address eth[0-3]/address mv[01]/address')

test('links exchange members, addresses and ports, and a refusal takes it all back', async ({ lab }) => {
  await lab.up(BEFORE)
  const addresses = await addressesOf(lab)
  await lab.up(AFTER)
  expect(await lab.drift()).toEqual([])
  await lab.up(BEFORE)
  expect(await addressesOf(lab)).toBe(addresses)
  // Nobody can have this address: of what is refused it comes last.
  await lab.sh('a', 'ip link add link eth3 name mv9 address 02:00:00:00:00:09 type macvlan && ip link set mv9 up')
  const { diagnostics } = await lab.refusal(AFTER.replace('mac: "02:00:00:00:00:01"', 'mac: "02:00:00:00:00:09"'))
  expect(diagnostics).toMatchObject([{ code: 'KERNEL_REFUSED', detail: 'What was begun is undone: the lab is as it was.' }])
  await lab.sh('a', 'ip link del mv9')
  expect(await addressesOf(lab)).toBe(addresses)
})
