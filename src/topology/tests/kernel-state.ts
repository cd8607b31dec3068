/** `state`: what the kernel of a node must have. */
import { parseAddress } from '../../unit/address.ts'
import { given } from '../../unit/given.ts'
import { parseMac } from '../../unit/mac.ts'
import { parsePrefix } from '../../unit/prefix.ts'
import { mapAt, scalarAt } from '../value.ts'
import type { MapValue, ScalarValue } from '../value.ts'
import type { Reader } from './reader.ts'
import type { KernelState, StateExpectation } from './test.ts'

const NOUNS = ['route', 'address', 'neighbor', 'link', 'port', 'counter'] as const
type Noun = (typeof NOUNS)[number]

/** Keys that go with a noun. */
const COMPANIONS: Readonly<Record<Noun, readonly string[]>> = {
  route: ['via', 'dev'],
  address: ['dev'],
  neighbor: ['mac', 'dev'],
  link: ['is'],
  port: ['is'],
  counter: ['grew'],
}

export function stateOf(map: MapValue, reader: Reader): { what: StateExpectation; words: string } | undefined {
  const { findings } = reader
  const settings = mapAt(map, 'state')!
  const [noun, other] = NOUNS.filter((each) => settings.entries.has(each))
  if (noun === undefined || other !== undefined) {
    const detail = noun === undefined ? `One of ${NOUNS.join(', ')} is wanted.` : `One state at a time: "${noun}" or "${other}".`
    findings.error(noun === undefined ? 'MISSING_KEY' : 'CONFLICTING_VALUES', settings.origin, detail)
    return undefined
  }
  for (const [key, entry] of settings.entries)
    if (key !== noun && !COMPANIONS[noun].includes(key))
      findings.error('INVALID_VALUE', entry.key, `"${key}" does not go with ${noun}; ${COMPANIONS[noun].join(', ')} may stand there.`)
  const text = (key: string): string | undefined => scalarAt(settings, key)?.text
  const value = scalarAt(settings, noun)!
  const dev = text('dev')
  const wrong = (scalar: ScalarValue | undefined, what: string): undefined => {
    findings.error('INVALID_VALUE', scalar?.origin, `"${scalar?.text}" is not ${what}.`)
    return undefined
  }
  const state = READ[noun]({ value, settings, dev: given({ dev }), reader, wrong })
  // A bridge of the fabric has no namespace of its own: its port is found from the other end.
  const nodes = noun === 'port' ? [value.text.split(':')[0]!] : reader.askers(map, 'state')
  if (state === undefined || nodes === undefined) return undefined
  const more = COMPANIONS[noun].flatMap((key) => (text(key) === undefined ? [] : [`${key} ${text(key)}`]))
  return { what: { kind: 'state', nodes, state }, words: [noun, value.text, ...more].join(' ') }
}

interface Reading {
  readonly value: ScalarValue
  readonly settings: MapValue
  readonly dev: { readonly dev?: string }
  readonly reader: Reader
  wrong(scalar: ScalarValue | undefined, what: string): undefined
}

type ReadNoun = (reading: Reading) => KernelState | undefined

const READ: Readonly<Record<Noun, ReadNoun>> = {
  route: ({ value, settings, dev, wrong }) => {
    const viaValue = scalarAt(settings, 'via')
    const via = viaValue === undefined ? undefined : parseAddress(viaValue.text)?.text
    if (viaValue !== undefined && via === undefined) return wrong(viaValue, 'an address')
    const to = value.text === 'default' ? '0.0.0.0' : parsePrefix(value.text, { bare: true })?.address
    return to === undefined ? wrong(value, 'an address or a prefix') : { noun: 'route', to, ...dev, ...given({ via }) }
  },
  address: ({ value, dev, wrong }) => {
    const prefix = parsePrefix(value.text, { bare: true })
    if (prefix === undefined) return wrong(value, 'an address')
    return { noun: 'address', address: prefix.address, ...dev, ...(value.text.includes('/') && { prefixlen: prefix.prefixlen }) }
  },
  neighbor: ({ value, settings, dev, wrong }) => {
    const address = parseAddress(value.text)?.text
    const macValue = scalarAt(settings, 'mac')
    const mac = macValue === undefined ? undefined : parseMac(macValue.text)
    if (mac?.problem !== undefined) return wrong(macValue, 'a MAC address')
    return address === undefined ? wrong(value, 'an address') : { noun: 'neighbor', address, ...dev, ...given({ mac: mac?.value }) }
  },
  link: ({ value, settings, wrong }) => {
    const is = scalarAt(settings, 'is')?.text ?? 'up'
    if (is !== 'up' && is !== 'down') return wrong(scalarAt(settings, 'is'), 'a state of a link: up or down')
    return { noun: 'link', ifname: value.text, is }
  },
  port: ({ value, settings, reader, wrong }) => {
    const is = scalarAt(settings, 'is')?.text ?? 'forwarding'
    const port = reader.places.cableEnd(value)
    if (is !== 'forwarding' && is !== 'blocking' && is !== 'disabled')
      return wrong(scalarAt(settings, 'is'), 'a state of a port: forwarding, blocking or disabled')
    return port === undefined ? undefined : { noun: 'port', port, is }
  },
  counter: ({ value, settings }) => ({ noun: 'counter', rule: value.text.trim(), grew: scalarAt(settings, 'grew')?.value !== false }),
}
