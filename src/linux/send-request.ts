// One request by itself, in the middle of what is not netlink's: its refusal is thrown, with all that the kernel says of it.
import { attributeAt } from './extack.ts'
import { transact, type NetlinkRefusal, type NetlinkSocket, type Request } from './transport.ts'

/** The kernel's no to a request. */
export class RequestRefused extends Error {
  /** errno name, e.g. EINVAL. */
  readonly code: string
  /** The kernel's words, verbatim, where it gave any. */
  readonly extack: string | undefined
  /** Name of the attribute that offends, e.g. IFLA_MTU. */
  readonly attribute: string | undefined

  constructor({ code, extack, offset }: Omit<NetlinkRefusal, 'index'>, request: Request) {
    super(extack === undefined ? code : `${code}: ${extack}`)
    this.name = 'RequestRefused'
    this.code = code
    this.extack = extack
    this.attribute = offset === undefined ? undefined : attributeAt(request, offset)
  }
}

/** Errors: RequestRefused. */
export function sendRequest(netlink: NetlinkSocket, request: Request): void {
  const [refusal] = transact(netlink, [request])
  if (refusal !== undefined) throw new RequestRefused(refusal, request)
}
