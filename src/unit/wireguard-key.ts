/** Keys of WireGuard: Curve25519, 32 bytes in base64. wg(8). */
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'

const KEY_BYTES = 32
/** RFC 8410: a PKCS #8 PrivateKeyInfo of X25519, up to the key itself. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b656e04220420', 'hex')

/** Whether the text is a key as wg(8) takes it. */
export function isWireguardKey(text: string): boolean {
  return /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw480]=$/.test(text)
}

/** A private key made from names: the same on every run, and no secret to anybody who knows them. */
export function derivedPrivateKey(lab: string, node: string, ifname: string): string {
  const key = createHash('sha256').update(`netlab wireguard\0${lab}\0${node}\0${ifname}`).digest()
  return clamped(key).toString('base64')
}

/** The public key that belongs to a private one. */
export function publicKeyOf(privateKey: string): string {
  const key = Buffer.concat([PKCS8_HEAD, Buffer.from(privateKey, 'base64')])
  const spki = createPublicKey(createPrivateKey({ key, format: 'der', type: 'pkcs8' })).export({ format: 'der', type: 'spki' })
  return spki.subarray(-KEY_BYTES).toString('base64')
}

/** As the kernel keeps it (curve25519_clamp_secret): what is observed is then what was desired. */
export function canonicalPrivateKey(privateKey: string): string {
  return clamped(Buffer.from(privateKey, 'base64')).toString('base64')
}

function clamped(bytes: Buffer): Buffer {
  const key = Buffer.from(bytes)
  key[0] = (key[0] ?? 0) & 248
  key[KEY_BYTES - 1] = ((key[KEY_BYTES - 1] ?? 0) & 127) | 64
  return key
}
