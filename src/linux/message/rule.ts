// RTM_*RULE messages. <linux/fib_rules.h> struct fib_rule_hdr, 12 bytes; ip-rule(8).
import { type AttrStream, parseAttributes, putU16, putU32, putU8 } from 'netlink/dist/structs.js'
import type { PortRange, RuleAction, RuleState } from '../../state/network.ts'
import { request, type Request } from '../transport.ts'
import {
  FIB_RULE_INVERT,
  FR_ACT_BLACKHOLE,
  FR_ACT_PROHIBIT,
  FR_ACT_TO_TBL,
  FR_ACT_UNREACHABLE,
  FRA_DPORT_RANGE,
  FRA_DST,
  FRA_FWMARK,
  FRA_FWMASK,
  FRA_IIFNAME,
  FRA_IP_PROTO,
  FRA_L3MDEV,
  FRA_OIFNAME,
  FRA_PRIORITY,
  FRA_SPORT_RANGE,
  FRA_SRC,
  FRA_SUPPRESS_PREFIXLEN,
  FRA_TABLE,
  NLM_F_CREATE,
  NLM_F_EXCL,
  RT_TABLE_UNSPEC,
  RTM_DELRULE,
  RTM_NEWRULE,
} from '../uapi.ts'
import { addressFamily, familyOf, ipBytes, ipText, zString } from './bytes.ts'

const ACTIONS: Record<RuleAction, number> = {
  lookup: FR_ACT_TO_TBL,
  blackhole: FR_ACT_BLACKHOLE,
  unreachable: FR_ACT_UNREACHABLE,
  prohibit: FR_ACT_PROHIBIT,
}
const ACTION_NAMES = new Map(Object.entries(ACTIONS).map(([name, number]) => [number, name as RuleAction]))
/** FRA_SUPPRESS_PREFIXLEN when nothing is suppressed: -1. */
const NO_SUPPRESSION = 0xffffffff

/** struct fib_rule_hdr: family, dst_len, src_len, tos, table, res1, res2, action, flags. */
function fibRuleHdr(rule: RuleState): Buffer {
  const bytes = Buffer.alloc(12)
  bytes[0] = addressFamily(rule.family)
  bytes[1] = prefixlenOf(rule.dst)
  bytes[2] = prefixlenOf(rule.src)
  bytes[4] = rule.table !== undefined && rule.table < 256 ? rule.table : RT_TABLE_UNSPEC
  bytes[7] = ACTIONS[rule.action]
  bytes.writeUInt32LE(rule.not ? FIB_RULE_INVERT : 0, 8)
  return bytes
}

function prefixlenOf(prefix: string | undefined): number {
  return prefix === undefined ? 0 : Number(prefix.slice(prefix.indexOf('/') + 1))
}

function putRule(out: AttrStream, rule: RuleState): void {
  out.push(FRA_PRIORITY, putU32(rule.priority))
  if (rule.table !== undefined && rule.table >= 256) out.push(FRA_TABLE, putU32(rule.table))
  if (rule.src !== undefined) out.push(FRA_SRC, ipBytes(rule.src.split('/')[0]!))
  if (rule.dst !== undefined) out.push(FRA_DST, ipBytes(rule.dst.split('/')[0]!))
  if (rule.iif !== undefined) out.push(FRA_IIFNAME, zString(rule.iif))
  if (rule.oif !== undefined) out.push(FRA_OIFNAME, zString(rule.oif))
  if (rule.fwmark !== undefined) out.push(FRA_FWMARK, putU32(rule.fwmark))
  if (rule.fwmask !== undefined) out.push(FRA_FWMASK, putU32(rule.fwmask))
  if (rule.ipproto !== undefined) out.push(FRA_IP_PROTO, putU8(rule.ipproto))
  if (rule.sport !== undefined) out.push(FRA_SPORT_RANGE, portRangeBytes(rule.sport))
  if (rule.dport !== undefined) out.push(FRA_DPORT_RANGE, portRangeBytes(rule.dport))
  if (rule.suppressPrefixlen !== undefined) out.push(FRA_SUPPRESS_PREFIXLEN, putU32(rule.suppressPrefixlen))
}

// struct fib_rule_port_range: start, end, 2 bytes each, host byte order
function portRangeBytes(range: PortRange): Buffer {
  return Buffer.concat([putU16(range.start), putU16(range.end)])
}

/** Same as: ip rule add … Errors: EEXIST. */
export function newRule(rule: RuleState): Request {
  return request(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, fibRuleHdr(rule), (out) => putRule(out, rule))
}

/** Same as: ip rule del … Errors: ENOENT where there is none. */
export function delRule(rule: RuleState): Request {
  return request(RTM_DELRULE, 0, fibRuleHdr(rule), (out) => putRule(out, rule))
}

/** Decodes the body of an RTM_NEWRULE; undefined for actions that netlab does not know (goto, nop) and for the kernel's own for VRFs. */
export function decodeRule(body: Buffer): RuleState | undefined {
  const family = familyOf(body[0]!)
  const action = ACTION_NAMES.get(body[7]!)
  if (family === undefined || action === undefined) return undefined
  const values = new Map<number, Buffer>()
  parseAttributes(body.subarray(12), ({ type, data }) => values.set(type, data))
  if (values.has(FRA_L3MDEV)) return undefined
  const u32 = (type: number): number | undefined => values.get(type)?.readUInt32LE(0)
  const prefix = (type: number, length: number): string | undefined => {
    const bytes = values.get(type)
    return bytes === undefined ? undefined : `${ipText(bytes)}/${length}`
  }
  const suppress = u32(FRA_SUPPRESS_PREFIXLEN)
  return defined({
    family,
    priority: u32(FRA_PRIORITY) ?? 0,
    action,
    not: (body.readUInt32LE(8) & FIB_RULE_INVERT) !== 0,
    table: action === 'lookup' ? (u32(FRA_TABLE) ?? body[4]!) : undefined,
    src: prefix(FRA_SRC, body[2]!),
    dst: prefix(FRA_DST, body[1]!),
    iif: nameOf(values.get(FRA_IIFNAME)),
    oif: nameOf(values.get(FRA_OIFNAME)),
    fwmark: u32(FRA_FWMARK),
    fwmask: values.has(FRA_FWMARK) ? u32(FRA_FWMASK) : undefined,
    ipproto: values.get(FRA_IP_PROTO)?.[0],
    sport: portRangeOf(values.get(FRA_SPORT_RANGE)),
    dport: portRangeOf(values.get(FRA_DPORT_RANGE)),
    suppressPrefixlen: suppress === NO_SUPPRESSION ? undefined : suppress,
  })
}

function nameOf(bytes: Buffer | undefined): string | undefined {
  return bytes?.toString('utf8', 0, bytes.length - 1)
}

function portRangeOf(bytes: Buffer | undefined): PortRange | undefined {
  return bytes === undefined ? undefined : { start: bytes.readUInt16LE(0), end: bytes.readUInt16LE(2) }
}

type Loose<T> = { [K in keyof T]: T[K] | undefined }

/** Drops the keys that are undefined: an absent match and an undefined one are the same to the kernel, but not to a comparison. */
function defined(rule: Loose<RuleState>): RuleState {
  return Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== undefined)) as unknown as RuleState
}
