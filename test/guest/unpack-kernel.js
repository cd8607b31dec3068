// unpack-kernel.js VMLINUZ VMLINUX: the uncompressed kernel out of a bzImage. <Documentation/arch/x86/boot.rst>: setup_sects at 0x1f1,
// payload_offset at 0x248 and payload_length at 0x24c, counted from the end of the setup sectors.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

const SECTOR = 512
/** First bytes, and the program that unpacks what they begin. All but xz have the unpacked size in the last four bytes. */
const FORMATS = /** @type {const} */ ([
  ['fd377a585a00', ['xz', '-dc', '--single-stream'], 0],
  ['28b52ffd', ['zstd', '-dc'], 4],
  ['02214c18', ['lz4', '-dc'], 4],
  ['1f8b', ['gzip', '-dc'], 0],
])
const ELF = '7f454c46'

const [source = '', target = ''] = process.argv.slice(2)
const image = readFileSync(source)
const setup = ((image.readUInt8(0x1f1) || 4) + 1) * SECTOR
const start = setup + image.readUInt32LE(0x248)
const payload = image.subarray(start, start + image.readUInt32LE(0x24c))
const format = FORMATS.find(([magic]) => payload.subarray(0, magic.length / 2).toString('hex') === magic)
if (!format) throw new Error(`${source}: the payload is of no format that is known`)
const [, [program, ...args], trailer] = format
const { stdout } = spawnSync(program, args, { input: payload.subarray(0, payload.length - trailer), maxBuffer: 1 << 30 })
if (stdout.subarray(0, 4).toString('hex') !== ELF) throw new Error(`${source}: ${program} gives no ELF image`)
writeFileSync(target, stdout)
