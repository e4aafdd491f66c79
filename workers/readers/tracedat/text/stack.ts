import type { StackFrame } from '../../types.js'
import type { TextContext } from './context.js'
import type { EventFormat } from './format.js'
import { readUnsigned } from './value.js'

/** Return addresses of a stack record, from field `caller` to the end of the record or the mark that ends the stack (-1). */
export function callers(f: EventFormat, payload: Uint8Array, ctx: TextContext): bigint[] {
  const field = f.byName.get('caller')
  const out: bigint[] = []
  if (!field) return out
  const mark = ctx.longSize === 8 ? 0xffffffffffffffffn : 0xffffffffn
  for (let at = field.offset; at + ctx.longSize <= payload.length; at += ctx.longSize) {
    const address = BigInt(readUnsigned(payload, at, ctx.longSize, ctx.bigEndian))
    if (address === mark || (address & 0xffffffffn) === 0xffffffffn) break
    out.push(address)
  }
  return out
}

/** Frames, innermost first, if the record is a kernel_stack or user_stack event, else null. */
export function stackOf(
  f: EventFormat,
  payload: Uint8Array,
  ctx: TextContext,
): { kind: 'kernel' | 'user'; frames: StackFrame[] } | null {
  if (f.system !== 'ftrace' || (f.name !== 'kernel_stack' && f.name !== 'user_stack')) return null
  const kind = f.name === 'user_stack' ? 'user' : 'kernel'
  const frames: StackFrame[] = []
  for (const address of callers(f, payload, ctx)) {
    // User stacks are an array of fixed length, filled up with zeros.
    if (kind === 'user' && address === 0n) break
    const found = kind === 'kernel' ? ctx.symbol(address) : null
    frames.push({ address, symbol: found?.name ?? '', offset: found?.offset ?? 0 })
  }
  return { kind, frames }
}
