/** What a parser gives back: a value, or a problem in words that finish the sentence "…: ". Never both. */
export type Parsed<T> = { readonly value: T; readonly problem?: undefined } | { readonly value?: undefined; readonly problem: string }
