// SCSI command blocks in words.

/** Big-endian 64-bit number; its low 32 bits are sign-extended before the high ones are added, as the plugin's C does. */
function address64(b: Uint8Array, at: number): bigint {
  const high = (BigInt(u32(b, at)) << 32n) as bigint
  return BigInt.asUintN(64, high | BigInt(i32(b, at + 4)))
}

const byte = (b: Uint8Array, at: number): number => b[at] ?? 0
const u16 = (b: Uint8Array, at: number): number => (byte(b, at) << 8) | byte(b, at + 1)
const i32 = (b: Uint8Array, at: number): number =>
  (byte(b, at) << 24) | (byte(b, at + 1) << 16) | (byte(b, at + 2) << 8) | byte(b, at + 3)
const u32 = (b: Uint8Array, at: number): number => i32(b, at) >>> 0
/** A 32-bit number that C widens through a signed int. */
const widened = (b: Uint8Array, at: number): bigint => BigInt.asUintN(64, BigInt(i32(b, at)))

const extent = (lba: bigint | number, length: bigint | number, flags: number): string =>
  `lba=${lba} txlen=${length} protect=${flags >> 5}`

const unmapFlag = (flags: number): string => ` unmap=${(flags >> 3) & 1}`

const longCommands: Readonly<Record<number, string>> = {
  0x09: 'READ',
  0x0a: 'VERIFY',
  0x0b: 'WRITE',
  0x0d: 'WRITE_SAME',
}
const serviceActions: Readonly<Record<number, string>> = { 0x10: 'READ_CAPACITY_16', 0x12: 'GET_LBA_STATUS' }

function longCommand(b: Uint8Array): string {
  const action = u16(b, 8)
  const command = longCommands[action]
  if (command === undefined) return '-'
  const flags = byte(b, 10)
  const head = `${command}_32 ${extent(address64(b, 12), widened(b, 28), flags)} ei_lbrt=${u32(b, 20)}`
  return action === 0x0d ? head + unmapFlag(flags) : head
}

/** A command block as the scsi events show it: `lba=2048 txlen=8 protect=0`, `-` for commands without addresses. */
export function commandBlockText(b: Uint8Array): string {
  const flags = byte(b, 1)
  switch (b[0]) {
    case 0x08:
    case 0x0a:
      return `lba=${((flags & 0x1f) << 16) | u16(b, 2)} txlen=${byte(b, 4)}`
    case 0x28:
    case 0x2a:
    case 0x2f:
      return extent(widened(b, 2), u16(b, 7), flags)
    case 0x41:
      return extent(widened(b, 2), u16(b, 7), flags) + unmapFlag(flags)
    case 0xa8:
    case 0xaa:
    case 0xaf:
      return extent(widened(b, 2), widened(b, 6), flags)
    case 0x88:
    case 0x8a:
    case 0x8f:
      return extent(address64(b, 2), widened(b, 10), flags)
    case 0x93:
      return extent(address64(b, 2), widened(b, 10), flags) + unmapFlag(flags)
    case 0x42:
      return `regions=${Math.trunc(((u16(b, 7) - 8) >>> 0) / 16)}`
    case 0x9e: {
      const command = serviceActions[flags & 0x1f]
      return command === undefined ? 'UNKNOWN' : `${command} lba=${address64(b, 2)} alloc_len=${u32(b, 10)}`
    }
    case 0x7f:
      return longCommand(b)
    default:
      return '-'
  }
}
