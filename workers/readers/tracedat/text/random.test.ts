// Random input: nothing but the parser's own error, nothing endless, and arithmetic and printf against plain references.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseEventFormat, parseKallsyms, readField, allFields, renderInfo, type TextContext } from './index.js'
import { parsePrintFormat } from './parse.js'
import { functionArguments } from './plugins/functions.js'
import { integerFormat, stringFormat } from './printf.js'
import { PrintFormatError } from './tokens.js'
import { hexText, parseNumber, wrap } from './value.js'

const context: TextContext = {
  bigEndian: false,
  longSize: 8,
  comm: () => '<...>',
  symbol: () => null,
  printk: () => undefined,
  formatById: () => undefined,
}

const head = `name: e
ID: 1
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

\tfield:u64 a;\toffset:8;\tsize:8;\tsigned:0;
\tfield:u64 b;\toffset:16;\tsize:8;\tsigned:0;
\tfield:char s[8];\toffset:24;\tsize:8;\tsigned:0;
\tfield:__data_loc char[] d;\toffset:32;\tsize:4;\tsigned:0;
\tfield:__rel_loc u32[] r;\toffset:36;\tsize:4;\tsigned:0;

print fmt: `
const withPrint = (print: string): ReturnType<typeof parseEventFormat> => parseEventFormat(`${head}${print}\n`, 'test')

const words =
  'REC -> a b s d r common_pid ( ) , { } [ ] ? : + - * / % << >> < > <= == != & && | || ^ ! ~ 0 1 0xff 8 4096 "x" "%d" "%s" "%*ph" "|" ' +
  'unsigned long int u8 __print_flags __print_symbolic __print_hex __print_array __get_str __get_dynamic_array sizeof ' +
  "__get_dynamic_array_len __get_bitmask __get_cpumask __builtin_expect jiffies_to_msecs scsi_trace_parse_cdb unknown ' \\ ."
const token = fc.constantFrom(...words.split(' '))
const formatWords = fc.constantFrom(
  '%d',
  '%-5.3lx',
  '%s',
  '%pS',
  '%pI6c',
  '%*ph',
  '%.*s',
  '%pUl',
  '%',
  '%q',
  ' ',
  '%%',
  '\\n',
  '%hhhd',
)
const garbage = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .tuple(fc.array(formatWords, { maxLength: 5 }), fc.array(token, { maxLength: 40 }))
    .map(([f, t]) => `"${f.join('')}", ${t.join(' ')}`),
)

describe('print formats', () => {
  test('random text parses or is refused by the error of its own', () => {
    const empty = withPrint('""')
    fc.assert(
      fc.property(garbage, (text) => {
        try {
          parsePrintFormat(text, empty, 8, functionArguments)
        } catch (e) {
          expect(e).toBeInstanceOf(PrintFormatError)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('whatever parses renders any bytes, in both byte orders', () => {
    fc.assert(
      fc.property(garbage, fc.uint8Array({ maxLength: 64 }), fc.boolean(), (text, p, bigEndian) => {
        const f = withPrint(text.replaceAll('\n', ' '))
        const ctx = { ...context, bigEndian }
        for (const raw of [false, true]) expect(typeof renderInfo(f, p, ctx, raw)).toBe('string')
        for (const field of allFields(f, p, ctx)) expect(readField(f, field.name, p, ctx)).not.toBeUndefined()
      }),
      { numRuns: 2000 },
    )
  })

  test('deep nesting is refused, not fatal', () => {
    const f = withPrint('""')
    for (const deep of ['('.repeat(100_000), '-'.repeat(100_001), '1+'.repeat(100_000), '1?'.repeat(100_000)]) {
      expect(() => parsePrintFormat(`"", ${deep}`, f, 8, functionArguments)).toThrow(PrintFormatError)
    }
  })
})

test('random format files are read or refused', () => {
  const line = fc.constantFrom(
    'name: e',
    'ID: 1',
    'format:',
    '\tfield:int a;\toffset:8;\tsize:4;\tsigned:1;',
    '',
    'print fmt: "%d", REC->a',
  )
  const text = fc.oneof(
    fc.string(),
    fc.array(fc.oneof(line, fc.string()), { maxLength: 12 }).map((l) => l.join('\n')),
  )
  fc.assert(
    fc.property(text, (t) => {
      try {
        renderInfo(parseEventFormat(t, 's'), new Uint8Array(16), context)
      } catch (e) {
        expect((e as Error).message).toBe('An event format has no readable name or ID')
      }
    }),
    { numRuns: 1000 },
  )
})

const u64 = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: 0n, max: 1000n }),
  fc.constantFrom(0n, 1n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n),
)
const reference: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => (b === 0n ? 0n : a / b),
  '%': (a, b) => (b === 0n ? 0n : a % b),
  '&': (a, b) => a & b,
  '|': (a, b) => a | b,
  '<<': (a, b) => a << (b & 63n),
  '>>': (a, b) => a >> (b & 63n),
  '<': (a, b) => BigInt(a < b),
  '<=': (a, b) => BigInt(a <= b),
  '>': (a, b) => BigInt(a > b),
  '>=': (a, b) => BigInt(a >= b),
  '==': (a, b) => BigInt(a === b),
  '!=': (a, b) => BigInt(a !== b),
  '&&': (a, b) => BigInt(a !== 0n && b !== 0n),
  '||': (a, b) => BigInt(a !== 0n || b !== 0n),
}

test.each(Object.keys(reference))('64-bit arithmetic: %s', (op) => {
  const f = withPrint(`"%llu", REC->a ${op} REC->b`)
  fc.assert(
    fc.property(u64, u64, (a, b) => {
      const p = new Uint8Array(40)
      const view = new DataView(p.buffer)
      view.setBigUint64(8, a, true)
      view.setBigUint64(16, b, true)
      expect(renderInfo(f, p, context)).toBe(BigInt.asUintN(64, reference[op]!(a, b)).toString())
    }),
  )
})

/** Widths by hand: the number in its base, then zeros or blanks. */
function plain(flags: string, width: number, conversion: string, bits: number, v: bigint): string {
  const signed = conversion === 'd'
  const n = signed ? BigInt.asIntN(bits, v) : BigInt.asUintN(bits, v)
  const base = conversion === 'o' ? 8 : conversion === 'x' || conversion === 'X' ? 16 : 10
  let digits = (n < 0n ? -n : n).toString(base)
  if (conversion === 'X') digits = digits.toUpperCase()
  let sign = n < 0n ? '-' : ''
  if (flags.includes('#') && n !== 0n) sign = conversion === 'o' ? '0' : base === 16 ? `0${conversion}` : sign
  if (flags.includes('-')) return (sign + digits).padEnd(width)
  if (flags.includes('0')) while (sign.length + digits.length < width) digits = `0${digits}`
  return (sign + digits).padStart(width)
}

describe('printf', () => {
  const modifiers = [
    ['hh', -2, 8],
    ['h', -1, 16],
    ['', 0, 32],
    ['l', 1, 64],
    ['ll', 2, 64],
  ] as const

  test('integers', () => {
    const flags = fc.constantFrom('', '-', '0', '#', '-#', '0#')
    fc.assert(
      fc.property(
        flags,
        fc.nat(24),
        fc.constantFrom(...modifiers),
        fc.constantFrom('d', 'u', 'x', 'X', 'o'),
        u64,
        (flag, width, [letters, modifier, bits], conversion, v) => {
          const spec = `%${flag}${width || ''}${letters}${conversion}`
          const expected = plain(flag, width, conversion, bits, v)
          expect(integerFormat(spec, modifier)(wrap(v), 0)).toBe(expected)
          const starred = `%${flag}*${letters}${conversion}`
          expect(integerFormat(starred, modifier)(wrap(v), width)).toBe(expected)
        },
      ),
      { numRuns: 3000 },
    )
  })

  test('strings', () => {
    fc.assert(
      fc.property(fc.string(), fc.boolean(), fc.nat(20), fc.option(fc.nat(10)), (s, left, width, precision) => {
        const spec = `%${left ? '-' : ''}${width || ''}${precision === null ? '' : `.${precision}`}s`
        const cut = precision === null ? s : s.slice(0, precision)
        const expected = left ? cut.padEnd(width) : cut.padStart(width)
        expect(stringFormat(spec)(s, -1)).toBe(expected)
        if (precision !== null) expect(stringFormat('%.*s')(s, precision)).toBe(cut)
      }),
    )
  })

  test('hex and numbers as text', () => {
    fc.assert(
      fc.property(u64, (v) => {
        expect(hexText(wrap(v))).toBe(v.toString(16))
        expect(parseNumber(`0x${v.toString(16)}UL`)).toBe(wrap(v))
        expect(parseNumber(` ${v} rest`)).toBe(wrap(v))
        expect(parseNumber(`-${v}`)).toBe(wrap(-v))
      }),
    )
  })
})

test('symbols: as a walk over all of them finds', () => {
  const address = fc.oneof(fc.bigInt({ min: 1n, max: 40n }), fc.bigInt({ min: 2n ** 64n - 40n, max: 2n ** 64n - 1n }))
  fc.assert(
    fc.property(fc.uniqueArray(address, { minLength: 1, maxLength: 30 }), address, (addresses, wanted) => {
      const table = parseKallsyms(addresses.map((a, i) => `${a.toString(16).padStart(16, '0')} T f${i}`).join('\n'))
      const below = addresses.filter((a) => a <= wanted).reduce((x, y) => (y > x ? y : x), 0n)
      const last = addresses.reduce((x, y) => (y > x ? y : x))
      const none = below === 0n || (below === last && wanted !== last)
      expect(table.lookup(wanted)).toEqual(
        none ? null : { name: `f${addresses.indexOf(below)}`, offset: Number(wanted - below) },
      )
    }),
  )
})
