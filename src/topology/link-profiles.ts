/**
 * Kinds of links by name, as `profile: dsl` lays them under a link's own keys. `forward` is the way up: a customer's line is written with the
 * customer first, `[home, isp]`. What a source gives as a round trip is divided between the two directions.
 */
import type { ImpairmentKey } from '../state/impairment-words.ts'

type Keys = Partial<Readonly<Record<ImpairmentKey, string>>>

export interface LinkProfile {
  /** Where the figures come from. */
  readonly source: string
  readonly both: Keys
  readonly forward?: Keys
  readonly backward?: Keys
}

const WEBPAGETEST = 'WebPageTest, connectivity.ini.sample'

export const LINK_PROFILES: ReadonlyMap<string, LinkProfile> = new Map<string, LinkProfile>([
  ['dsl', line(WEBPAGETEST, '384kbit', '1.5mbit', '25ms')],
  ['cable', line(WEBPAGETEST, '1mbit', '5mbit', '14ms')],
  ['fiber', line(`${WEBPAGETEST} (FIOS)`, '5mbit', '20mbit', '2ms')],
  ['lte', line(WEBPAGETEST, '12mbit', '12mbit', '35ms')],
  ['4g', line(WEBPAGETEST, '9mbit', '9mbit', '85ms')],
  ['3g', line(WEBPAGETEST, '768kbit', '1.6mbit', '150ms')],
  ['edge', line(WEBPAGETEST, '200kbit', '240kbit', '420ms')],
  ['wifi', line("Apple's Network Link Conditioner (Wi-Fi)", '33mbit', '40mbit', '1ms')],
  // One hop of 279.0 ms for stations at the edge of the view, and no better than one wrong bit in 10^7: 0.12 % of full packets.
  [
    'geo-satellite',
    {
      source: 'RFC 2488, section 2 (delay, bit errors); FCC 15-10 (25/3 Mbit/s, what "broadband" is)',
      both: { delay: '279ms', loss: '0.12%' },
      forward: { rate: '3mbit' },
      backward: { rate: '25mbit' },
    },
  ],
  // New York to London: 90 ms there and back; ITU-T Y.1541 class 0 and 1 lose one packet in a thousand at most.
  ['wan', { source: "Verizon's transatlantic SLA (delay); ITU-T Y.1541 (loss)", both: { rate: '100mbit', delay: '45ms', loss: '0.1%' } }],
])

function line(source: string, up: string, down: string, delay: string): LinkProfile {
  return { source, both: { delay }, forward: { rate: up }, backward: { rate: down } }
}
