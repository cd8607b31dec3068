/** Something that cannot happen did. Shown with its stack; exit code 4. */
export class Bug extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(`${message}. This is a bug in netlab.`, options)
    this.name = 'Bug'
  }
}

/** Marks a place the program cannot reach; `value` is what a switch did not expect. */
export function unreachable(value: never): never {
  throw new Bug(`Unexpected value ${JSON.stringify(value)}`)
}
