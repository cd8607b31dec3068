/** Options of link kinds and of bridge ports: what iproute2 calls them, what they take, and what the kernel has where nobody says. */

/** `true` and `false` are switches; texts are words of a choice, addresses in canonical form, or names of links in the same namespace. */
export type OptionValue = string | number | boolean

/** By name, as in iproute2. Only what was said; observed options are complete. */
export type Options = Readonly<Record<string, OptionValue>>

export type OptionType =
  | { readonly type: 'number'; readonly min: number; readonly max: number }
  /** How iproute2 writes it: `name on|off`, `name 1|0`, or `name` and `noname`. */
  | { readonly type: 'switch'; readonly words: 'on/off' | '1/0' | 'no' }
  /** Words and the kernel's numbers for them. */
  | { readonly type: 'choice'; readonly of: Readonly<Record<string, number>> }
  | { readonly type: 'address'; readonly family: 4 | 6 | 'any' }
  /** A link of the same namespace. */
  | { readonly type: 'link' }

export type Option = OptionType & {
  /** The word of iproute2, and the key in the file. */
  readonly name: string
  /** What the kernel has where nothing is said. */
  readonly default?: OptionValue
  /** The kernel changes it in a link that stands; otherwise the link is made anew. */
  readonly isChangeable?: true
  /** Where nothing is said there is none. Without this and without a default, any value is as desired. */
  readonly isElseNone?: true
}

/** `[['id', '10'], ['reorder_hdr', 'off']]` flattened: what iproute2 takes for the options that are said, in the order of the table. */
export function optionWords(table: readonly Option[], options: Options): string[] {
  return table.flatMap((option) => {
    const value = options[option.name]
    return value === undefined ? [] : wordsOf(option, value)
  })
}

function wordsOf(option: Option, value: OptionValue): string[] {
  const { name } = option
  if (option.type !== 'switch') return [name, String(value)]
  if (option.words === 'no') return [value === true ? name : `no${name}`]
  const [on, off] = option.words.split('/') as [string, string]
  return [name, value === true ? on : off]
}

/** One option that differs; a side without a value leaves it to the kernel. */
export interface OptionDifference {
  readonly option: Option
  readonly desired: OptionValue | undefined
  readonly observed: OptionValue | undefined
}

/** Where `observed` is not as desired. What the desired side does not say is the kernel's default, where that is known. */
export function optionDifferences(table: readonly Option[], desired: Options, observed: Options): OptionDifference[] {
  return table.flatMap((option) => {
    const wanted = desired[option.name] ?? option.default
    const there = observed[option.name] ?? option.default
    const isLeft = wanted === undefined && option.isElseNone !== true
    return isLeft || wanted === there ? [] : [{ option, desired: wanted, observed: there }]
  })
}
