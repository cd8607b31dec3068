// Our requests against iproute2's. A case is a folder: command.sh (what `ip` was called with), expected.hex (what it sent; capture.sh
// makes it anew), request.json (the encoder and its arguments), and differences.txt where ours differs, each line with its reason.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { delAddr, newAddr } from '../../../src/linux/message/addr.ts'
import { addFdb, addMdb, addVlan, delFdb, delMdb, delVlan } from '../../../src/linux/message/bridge.ts'
import { delLink, newBridge, newVeth, newVirtual, setLink } from '../../../src/linux/message/link.ts'
import { delNeigh, replaceNeigh } from '../../../src/linux/message/neigh.ts'
import { addQdisc, changeQdisc, delRootQdisc } from '../../../src/linux/message/qdisc.ts'
import { delRoute, newRoute, replaceRoute, type IfindexOf } from '../../../src/linux/message/route.ts'
import { delRule, newRule } from '../../../src/linux/message/rule.ts'
import { transact, type Request } from '../../../src/linux/transport.ts'
import { fakeKernel } from '../../support/fake-kernel.ts'
import { differences, formatRows, rowsOf } from './picture.ts'

/** The world of capture.sh. */
const IFINDEXES = { ifindexOf: (ifname: string): number => (ifname === 'eth0' ? 2 : 3), ifnameOf: (ifindex: number): string => `eth${ifindex - 2}` }

const PORT_ENCODERS = { addVlan, delVlan, addFdb, delFdb, addMdb, delMdb } as const
const ENCODERS = { ...PORT_ENCODERS, newVirtual, newAddr, delAddr, replaceNeigh, delNeigh, newRule, delRule, newVeth, newBridge, setLink, delLink, addQdisc, changeQdisc, delRootQdisc } as const
const ROUTE_ENCODERS = { newRoute, replaceRoute, delRoute } as const

interface RequestFile {
  readonly encode: keyof typeof ENCODERS | keyof typeof ROUTE_ENCODERS
  /** JSON's null stands for undefined; a route's second argument is its ifindexes by name. */
  readonly arguments: readonly unknown[]
}

function requestOf({ encode, arguments: words }: RequestFile): Request {
  if (encode === 'newRoute' || encode === 'replaceRoute' || encode === 'delRoute') {
    const [route, ifindexes] = words as [Parameters<typeof newRoute>[0], Record<string, number>]
    const ifindexOf: IfindexOf = (ifname) => ifindexes[ifname]!
    return ROUTE_ENCODERS[encode](route, ifindexOf)
  }
  const encoder = ENCODERS[encode] as (...words: readonly unknown[]) => Request
  const given = words.map((word) => word ?? undefined)
  return encode === 'newVirtual' || encode === 'setLink' ? encoder(...given, IFINDEXES) : encoder(...given)
}

/** The request as it would leave, NLM_F_REQUEST and NLM_F_ACK set. */
function bytesSent(request: Request): Buffer {
  const kernel = fakeKernel()
  transact(kernel, [request])
  return kernel.datagrams[0]![0]!.bytes
}

/** Comment lines, then four bytes a line and what they mean. */
function parseHex(text: string): Buffer {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return Buffer.from(lines.map((line) => line.slice(0, 11).replaceAll(' ', '')).join(''), 'hex')
}

const folder = import.meta.dirname
const cases = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())

describe('a request says what iproute2 says', () => {
  it.each(cases.map((entry) => entry.name))('%s', (name) => {
    const path = (file: string): string => join(folder, name, file)
    const golden = readFileSync(path('expected.hex'), 'utf8')
    const theirs = rowsOf(parseHex(golden))
    const pictured = `${golden.split('\n')[0]}\n${formatRows(theirs)}\n`
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path('expected.hex'), pictured)
    else expect(golden).toBe(pictured)

    const request = requestOf(JSON.parse(readFileSync(path('request.json'), 'utf8')) as RequestFile)
    const known = existsSync(path('differences.txt')) ? readFileSync(path('differences.txt'), 'utf8').trimEnd().split('\n') : []
    expect(known.filter((line) => !/ # .+/.test(line))).toEqual([])
    expect(differences(theirs, rowsOf(bytesSent(request)))).toEqual(known.map((line) => line.replace(/ +# .*/, '')))
  })
})
