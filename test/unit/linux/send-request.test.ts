import { describe, expect, it } from 'vitest'
import { setLink } from '../../../src/linux/message/link.ts'
import { RequestRefused, sendRequest } from '../../../src/linux/send-request.ts'
import { fakeKernel, refuse } from '../../support/fake-kernel.ts'

const EINVAL = 22
const request = setLink(7, { mtu: 65535 }, undefined)
/** The header of netlink, and that of rtnetlink. */
const FIRST_ATTRIBUTE = 16 + 16

describe('sendRequest', () => {
  it('says nothing where the kernel does it', () => {
    expect(() => sendRequest(fakeKernel(), request)).not.toThrow()
  })

  it('throws the words of the kernel and the attribute that it points at', () => {
    const kernel = fakeKernel((message) => refuse(message, EINVAL, { words: 'mtu greater than device maximum', offset: FIRST_ATTRIBUTE }))
    const refused = { code: 'EINVAL', extack: 'mtu greater than device maximum', attribute: 'IFLA_MTU' }
    expect(() => sendRequest(kernel, request)).toThrow(expect.objectContaining(refused))
  })

  it('makes no words up', () => {
    const kernel = fakeKernel((message) => refuse(message, EINVAL))
    expect(() => sendRequest(kernel, request)).toThrow(RequestRefused)
    expect(() => sendRequest(kernel, request)).toThrow(/^EINVAL$/)
  })
})
