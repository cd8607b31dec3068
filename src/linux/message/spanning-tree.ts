// What a bridge and its ports say of the spanning tree: IFLA_INFO_DATA of a bridge, IFLA_INFO_SLAVE_DATA of a port. <linux/if_link.h>
import type { LiveTree } from '../../state/live.ts'
import { IFLA_BR_BRIDGE_ID, IFLA_BR_ROOT_ID } from '../uapi.ts'
import { IFLA_BR_ROOT_PATH_COST, IFLA_BR_ROOT_PORT, IFLA_BRPORT_COST, IFLA_BRPORT_NO } from '../uapi-link.ts'
import { eachAttribute } from './attributes.ts'

const TREE_ATTRIBUTES: ReadonlySet<number> = new Set([IFLA_BR_ROOT_ID, IFLA_BR_BRIDGE_ID, IFLA_BR_ROOT_PORT, IFLA_BR_ROOT_PATH_COST])
const PORT_ATTRIBUTES: ReadonlySet<number> = new Set([IFLA_BRPORT_COST, IFLA_BRPORT_NO])

export function decodeTree(info: Buffer): LiveTree {
  const tree = { id: '', rootId: '', rootPort: 0, rootCost: 0 }
  eachAttribute(info, TREE_ATTRIBUTES, (type, data) => {
    if (type === IFLA_BR_BRIDGE_ID) tree.id = bridgeId(data)
    else if (type === IFLA_BR_ROOT_ID) tree.rootId = bridgeId(data)
    else if (type === IFLA_BR_ROOT_PORT) tree.rootPort = data.readUInt16LE(0)
    else tree.rootCost = data.readUInt32LE(0)
  })
  return tree
}

/** Its number in its bridge, and what the way through it costs. */
export function decodeTreePort(port: Buffer): { readonly number: number; readonly cost: number } {
  const found = { number: 0, cost: 0 }
  eachAttribute(port, PORT_ATTRIBUTES, (type, data) => {
    if (type === IFLA_BRPORT_NO) found.number = data.readUInt16LE(0)
    else found.cost = data.readUInt32LE(0)
  })
  return found
}

/** struct ifla_bridge_id: priority, address; as `ip -d link` prints it: `8000.2:0:0:0:0:1`, here with its address in full. */
function bridgeId(id: Buffer): string {
  const address = [...id.subarray(2, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(':')
  return `${id.toString('hex', 0, 2)}.${address}`
}
