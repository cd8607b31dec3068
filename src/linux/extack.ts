// Which attribute of a request the kernel pointed at: NLMSGERR_ATTR_OFFS is an offset in the message that was sent.
import { parseAttributes } from 'netlink/dist/structs.js'
import type { Request } from './transport.ts'
import { NLMSG_HDRLEN, RTM_NEWADDR, RTM_NEWLINK, RTM_NEWNEIGH, RTM_NEWQDISC, RTM_NEWROUTE, RTM_NEWRULE } from './uapi.ts'
import * as uapi from './uapi.ts'

/** Bytes of the family header, by request type in groups of four (NEW, DEL, GET, SET): rtnetlink numbers them so. */
const HEADER_BYTES = new Map([
  [RTM_NEWLINK, 16],
  [RTM_NEWADDR, 8],
  [RTM_NEWROUTE, 12],
  [RTM_NEWNEIGH, 12],
  [RTM_NEWRULE, 12],
  [RTM_NEWQDISC, 20],
])
const PREFIXES = new Map([
  [RTM_NEWLINK, 'IFLA_'],
  [RTM_NEWADDR, 'IFA_'],
  [RTM_NEWROUTE, 'RTA_'],
  [RTM_NEWNEIGH, 'NDA_'],
  [RTM_NEWRULE, 'FRA_'],
  [RTM_NEWQDISC, 'TCA_'],
])

/** `IFLA_MTU` for the attribute of the first level that covers `offset`; undefined for an offset in the headers. */
export function attributeAt(request: Request, offset: number): string | undefined {
  const group = request.type & ~3
  const header = HEADER_BYTES.get(group)
  const prefix = PREFIXES.get(group)
  if (header === undefined || prefix === undefined) return undefined
  let at = NLMSG_HDRLEN + header
  let name: string | undefined
  parseAttributes(request.body.subarray(header), ({ type, data }) => {
    const end = at + 4 + ((data.length + 3) & ~3)
    if (offset >= at && offset < end) name = constantName(prefix, type)
    at = end
  })
  return name
}

function constantName(prefix: string, value: number): string {
  const constant = Object.entries(uapi).find(
    ([name, number]) => number === value && name.startsWith(prefix) && !/^IFLA_(BR|INFO)_|^IFA_F_|^TCA_[A-Z]+_/.test(name),
  )
  return constant?.[0] ?? `${prefix}${value}`
}
