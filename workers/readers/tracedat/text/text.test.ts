// Texts of made-up records; every expected text is what libtraceevent 1.7.1 with its plugins prints for the same bytes
// (where those reach: past the end of a record it prints what lies in memory).

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  allFields,
  latencyText,
  parseCmdlines,
  parseEventFormat,
  parseKallsyms,
  parsePrintk,
  readField,
  renderInfo,
  stackOf,
  type TextContext,
} from './index.js'

const symbols = parseKallsyms('ffffffff81000000 T alpha\nffffffff81001000 t beta_fn\t[mod]\nffffffff82000000 T gamma\n')
const strings = parsePrintk(
  '0xffffffff83000000 : "hello %s world\\n"\n0xffffffff83000010 : "v=%d s=%s p=%pS l=%lld\\n"\n',
)
const context: TextContext = {
  bigEndian: false,
  longSize: 8,
  comm: (pid) => (pid === 7 ? 'task' : '<...>'),
  symbol: (a) => symbols.lookup(a),
  printk: (a) => strings.get(a),
  formatById: () => undefined,
}

interface Field {
  readonly declaration: string
  readonly size: number
  readonly signed?: boolean
}
const field = (declaration: string, size: number, signed = false): Field => ({ declaration, size, signed })

/** A format whose fields follow one another without holes, after the four common ones. */
function made(
  name: string,
  system: string,
  fields: readonly Field[],
  print: string,
): ReturnType<typeof parseEventFormat> {
  const common = [
    field('unsigned short common_type', 2),
    field('unsigned char common_flags', 1),
    field('unsigned char common_preempt_count', 1),
    field('int common_pid', 4, true),
  ]
  let offset = 0
  const line = (f: Field): string => {
    const text = `\tfield:${f.declaration};\toffset:${offset};\tsize:${f.size};\tsigned:${f.signed ? 1 : 0};`
    offset += f.size
    return text
  }
  const text = `name: ${name}\nID: 77\nformat:\n${common.map(line).join('\n')}\n\n${fields.map(line).join('\n')}\n\nprint fmt: ${print}\n`
  return parseEventFormat(text, system)
}

/** Little-endian bytes after 8 bytes of common fields (pid 7). Numbers are [size, value]. */
function record(...values: readonly (readonly [number, bigint | number] | string | Uint8Array)[]): Uint8Array {
  const out = [77, 0, 0, 0, 7, 0, 0, 0]
  for (const v of values) {
    if (typeof v === 'string') for (const b of new TextEncoder().encode(v)) out.push(b)
    else if (v instanceof Uint8Array) out.push(...v)
    else for (let i = 0; i < v[0]; i++) out.push(Number((BigInt.asUintN(64, BigInt(v[1])) >> BigInt(8 * i)) & 0xffn))
  }
  return Uint8Array.from(out)
}

describe('print formats', () => {
  const words = [field('u32 a', 4), field('int b', 4, true), field('u64 c', 8), field('char s[8]', 8)]
  const bytes = record([4, 5], [4, -1], [8, 0xffffffff81000010n], 'comm\0\0\0\0')
  const shows = (print: string): string => renderInfo(made('e', 'test', words, print), bytes, context)

  test.each([
    ['"a=%d b=%d c=%llx s=%s", REC->a, REC->b, REC->c, REC->s', 'a=5 b=-1 c=ffffffff81000010 s=comm'],
    ['"%u %lu %llu", REC->b, REC->b, REC->c', '4294967295 4294967295 18446744071578845200'],
    ['"%5d|%-5d|%05d|%#x|%.3d|%hhu", REC->a, REC->a, REC->a, REC->a, REC->a, REC->b', '    5|5    |00005|0x5|005|255'],
    [
      '"%pS %ps %p %pB", (void *)REC->c, (void *)REC->c, (void *)REC->c, REC->a',
      'alpha+0x10 alpha 0xffffffff81000010 0x5B',
    ],
    ['"%*d %.*s %%", 4, REC->a, 2, REC->s', '   5 co %'],
    ['"%c %+d", REC->a, REC->a', '>c< >+<d'],
    ['"%s" "%s", REC->a == 5 ? "five" : "other", REC->b ? REC->s : ""', 'fivecomm'],
    // Of one precedence, the right operator comes first; an operator in parentheses is taken apart.
    ['"%d %d", REC->a - 1 - 1, 2 * (REC->a + 4)', '5 14'],
    ['"%d %d %d", ~REC->a & 0xff, !REC->a, -REC->a', '250 0 -5'],
    ['"%s", __print_symbolic(REC->a, { 1, "one" }, { 0x5, "five" })', 'five'],
    ['"%s", __print_symbolic(REC->a, { 1, "one" })', '0x5'],
    ['"%s %s", __print_flags(REC->a, "|", { 1, "A" }, { 4, "C" }), __print_flags(0, "", { 1, "A" })', 'A|C '],
    ['"%s", __print_flags(REC->a, "|", { (1UL << 0), "A" })', 'A|0x4'],
    ['"%s %s", __print_hex(REC->s, 4), __print_hex_str(REC->s, 4)', '63 6f 6d 6d 636f6d6d'],
    ['"%s", __print_array(REC->s, 4, 1)', '99 111 109 109'],
    ['"%d %d %d", sizeof(long), sizeof(REC->a), (u8)REC->b', '8 4 255'],
    ['"%d", sizeof(u64)', '[FAILED TO PARSE] a=5 b=-1 c=18446744071578845200 s=comm'],
    ['"%d", unknown_function(REC->a)', '[FAILED TO PARSE] a=5 b=-1 c=18446744071578845200 s=comm'],
    ['"%d %d", REC->a', '[FAILED TO PARSE] a=5 b=-1 c=18446744071578845200 s=comm'],
    ['"%s", jbd2_dev_to_name(REC->a)', '0:5'],
    ['"%s", xen_hypercall_name(REC->a)', '(fpu_taskswitch)'],
    ['"%pM", REC->a', 'INVALIDMAC'],
    ['"tab\\tend\\n"', 'tab\tend'],
  ])('%s', (print, expected) => {
    expect(shows(print)).toBe(expected)
  })

  test('raw text shows each field as the format does, and hex after 0x', () => {
    const f = made('e', 'test', words, '"c=0x%016llx a=%d", REC->c, REC->a')
    expect(renderInfo(f, bytes, context, true)).toBe(' a=5 b=-1 c=18446744071578845200 s=comm')
    const g = made('e', 'test', words, '"a=%03d c=0x%llx", REC->a, REC->c')
    expect(renderInfo(g, bytes, context, true)).toBe(' a=005 b=-1 c=0xffffffff81000010 s=comm')
  })

  test('network addresses', () => {
    const f = made(
      'e',
      'test',
      [field('__u8 v4[4]', 4), field('__u8 v6[16]', 16), field('u8 mac[6]', 6)],
      '"%pI4 %pi4 %pI4h %pI6 %pI6c %pM %pMF %pm", REC->v4, REC->v4, REC->v4, REC->v6, REC->v6, REC->mac, REC->mac, REC->mac',
    )
    const v6 = Uint8Array.from([0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    const p = record(Uint8Array.from([10, 9, 1, 2]), v6, Uint8Array.from([2, 0, 0, 0xab, 0, 1]))
    expect(renderInfo(f, p, context)).toBe(
      '10.9.1.2 010.009.001.002 2.1.9.10 fe80:0000:0000:0000:0000:0000:0000:0001 fe80::1 02:00:00:ab:00:01 02-00-00-ab-00-01 020000ab0001',
    )
  })

  test('text beyond ASCII counts bytes and is read as UTF-8', () => {
    const f = made('e', 'test', [field('char s[8]', 8)], '"[%6s]", REC->s')
    expect(renderInfo(f, record('\u00e9a\0\0\0\0\0'), context)).toBe('[   \u00e9a]')
  })

  test('a record that is too short reads as zeros and empty text', () => {
    const f = made('e', 'test', words, '"%d %d %s %s", REC->a, REC->c, REC->s, __get_str(a)')
    expect(renderInfo(f, record([4, 5]), context)).toBe('5 0  ')
    expect(renderInfo(f, new Uint8Array(0), context)).toBe('0 0  ')
  })

  test('big-endian records', () => {
    const f = made('e', 'test', words, '"%d %llx", REC->a, REC->c')
    const p = record(Uint8Array.from([0, 0, 1, 0]), [4, 0], Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7]), 'x')
    expect(renderInfo(f, p, { ...context, bigEndian: true })).toBe('256 1020304050607')
  })
})

describe('events with a text of their own', () => {
  test('sched_switch', () => {
    const f = made(
      'sched_switch',
      'sched',
      [
        field('char prev_comm[16]', 16),
        field('pid_t prev_pid', 4, true),
        field('int prev_prio', 4, true),
        field('long prev_state', 8, true),
        field('char next_comm[16]', 16),
        field('pid_t next_pid', 4, true),
        field('int next_prio', 4, true),
      ],
      '"prev_comm=%s", REC->prev_comm',
    )
    const p = record('CPU 0/KVM'.padEnd(16, '\0'), [4, 7], [4, 120], [8, 3], 'a'.padEnd(16, '\0'), [4, 9], [4, -1])
    expect(renderInfo(f, p, context)).toBe('CPU 0/KVM:7 [120] S|D ==> a:9 [-1]')
    expect(readField(f, 'next_prio', p, context)).toBe(-1)
    expect(readField(f, 'prev_comm', p, context)).toBe('CPU 0/KVM')
    expect(readField(f, 'common_pid', p, context)).toBe(7)
    expect(readField(f, 'nothing', p, context)).toBeUndefined()
    expect(allFields(f, p, context).find((x) => x.name === 'prev_pid')).toEqual({
      name: 'prev_pid',
      type: 'pid_t prev_pid',
      raw: 7n,
      text: '7 task',
    })
  })

  test('a handler that misses a field says so and the print format follows', () => {
    const f = made('sched_switch', 'sched', [field('int x', 4, true)], '"x=%d", REC->x')
    expect(renderInfo(f, record([4, 3]), context)).toBe('<CANT FIND FIELD prev_pid>!x=3')
  })

  test('kvm_exit', () => {
    const fields = [
      field('unsigned int exit_reason', 4),
      field('u32 isa', 4),
      field('unsigned long guest_rip', 8),
      field('u64 info1', 8),
      field('u64 info2', 8),
    ]
    const f = made('kvm_exit', 'kvm', fields, '"%d", REC->exit_reason')
    const at = (reason: number, isa: number): string =>
      renderInfo(f, record([4, reason], [4, isa], [8, 0x1234], [8, 255], [8, 0]), context)
    expect(at(12, 1)).toBe('reason HLT rip 0x1234 info ff 0')
    expect(at(0x78, 2)).toBe('reason EXIT_HLT rip 0x1234 info ff 0')
    expect(at(999, 1)).toBe('reason UNKNOWN (999) rip 0x1234 info ff 0')
    expect(at(1, 3)).toBe('reason UNKNOWN-ISA rip 0x1234 info ff 0')
  })

  test('bprint reads its arguments from the record', () => {
    const f = made(
      'bprint',
      'ftrace',
      [field('unsigned long ip', 8), field('const char * fmt', 8), field('u32 buf[]', 0)],
      '"%ps: %s", (void *)REC->ip, REC->fmt',
    )
    const args = record(
      [8, 0xffffffff81001004n],
      [8, 0xffffffff83000010n],
      [4, -5],
      'ab\0\0',
      [8, 0xffffffff82000000n],
      [8, 9],
    )
    expect(renderInfo(f, args, context)).toBe('beta_fn: v=-5 s=ab p=gamma+0x0 l=9')
    const unknown = record([8, 0xffffffff81001004n], [8, 5], [4, 0])
    expect(renderInfo(f, unknown, context)).toBe('beta_fn: (NO FORMAT FOUND at 5)')
  })

  test('kernel_stack', () => {
    const f = made('kernel_stack', 'ftrace', [field('int size', 4), field('unsigned long caller[8]', 64)], '""')
    const p = record([4, 2], [8, 0xffffffff81000010n], [8, 0x10], [8, -1])
    expect(renderInfo(f, p, context)).toBe('<stack trace >\n=> alpha (ffffffff81000010)\n=> 10')
    expect(stackOf(f, p, context)).toEqual({
      kind: 'kernel',
      frames: [
        { address: 0xffffffff81000010n, symbol: 'alpha', offset: 16 },
        { address: 16n, symbol: '', offset: 0 },
      ],
    })
    expect(stackOf(made('e', 'ftrace', [], '""'), p, context)).toBeNull()
  })
})

const fieldLine = (declaration: string, size = 4): string =>
  `\tfield:${declaration};\toffset:8;\tsize:${size};\tsigned:0;`

const onlyField = (declaration: string, size?: number): ReturnType<typeof parseEventFormat>['fields'][number] =>
  parseEventFormat(`name: e\nID: 1\nformat:\n\n${fieldLine(declaration, size)}\n\nprint fmt: ""\n`, 's').fields[0]!

describe('formats', () => {
  test('kinds of fields', () => {
    expect(onlyField('char comm[16]', 16)).toMatchObject({
      name: 'comm',
      type: 'char[16]',
      isArray: true,
      isString: true,
      elementSize: 1,
    })
    expect(onlyField('__data_loc char[] name')).toMatchObject({
      name: 'name',
      type: '__data_loc char[]',
      isDynamic: true,
      isString: true,
    })
    expect(onlyField('__rel_loc u32[] x')).toMatchObject({
      isDynamic: true,
      isRelative: true,
      isArray: true,
      elementSize: 4,
    })
    expect(onlyField('const char * p', 8)).toMatchObject({
      name: 'p',
      type: 'const char *',
      isPointer: true,
      isArray: false,
    })
    expect(onlyField('unsigned long args[6]', 48)).toMatchObject({
      type: 'unsigned long[6]',
      isLong: true,
      elementSize: 8,
    })
    expect(onlyField('char __attribute__((user)) * p', 8)).toMatchObject({ name: 'p', isPointer: true })
    expect(onlyField('__data_loc name', 2)).toMatchObject({
      name: 'name',
      isDynamic: true,
      isString: true,
      isArray: true,
    })
  })

  test('rubbish is refused, and broken fields leave a format without a print format', () => {
    expect(() => parseEventFormat('', 's')).toThrow(Error)
    expect(() => parseEventFormat('name: x\nformat:\n', 's')).toThrow(Error)
    const f = parseEventFormat(
      `name: x\nID: 3\nformat:\n${fieldLine('int a')}\nnonsense\n\nprint fmt: "%d", REC->a\n`,
      's',
    )
    expect(f.fields.map((x) => x.name)).toEqual(['a'])
    expect(renderInfo(f, record([4, 1]), context)).toBe('[FAILED TO PARSE]')
  })
})

test('latency columns', () => {
  const f = made('e', 's', [], '""')
  const at = (flags: number, count: number): string =>
    latencyText(f, Uint8Array.from([77, 0, flags, count, 7, 0, 0, 0]), context)
  expect(at(0, 0)).toBe('.....')
  expect(at(0x01, 0x02)).toBe('d..2.')
  expect(at(0x05, 0x10)).toBe('dN..1')
  expect(at(0x18, 0)).toBe('..H..')
  expect(at(0x0a, 0xff)).toBe('X.hff')
})

describe('names', () => {
  test('kallsyms: nearest symbol below; absolute and ARM marks left out; the last one matches exactly', () => {
    const t = parseKallsyms(
      '0000000000000000 A percpu\n00000010 t a\n00000020 T $a\n00000030 t c [m]\nrubbish\n00000040 T last\n',
    )
    expect(t.size).toBe(3)
    expect(t.lookup(0x0fn)).toBeNull()
    expect(t.lookup(0x2fn)).toEqual({ name: 'a', offset: 0x1f })
    expect(t.lookup(0x30n)).toEqual({ name: 'c', offset: 0 })
    expect(t.lookup(0x40n)).toEqual({ name: 'last', offset: 0 })
    expect(t.lookup(0x41n)).toBeNull()
    expect(parseKallsyms('').lookup(1n)).toBeNull()
  })

  test('printk formats lose their quotes and one newline', () => {
    expect([...strings.values()]).toEqual(['hello %s world', 'v=%d s=%s p=%pS l=%lld'])
    expect(parsePrintk('0x10 : "a: \\"b\\""\nrubbish\n').get(16n)).toBe('a: \\"b\\"')
  })

  test('comms may hold blanks and slashes', () => {
    expect([...parseCmdlines('1 init\n22 CPU 0/KVM\nrubbish\n')]).toEqual([
      [1, 'init'],
      [22, 'CPU 0/KVM'],
    ])
  })
})

const shared = process.env.REMORA_SHARED ?? join(import.meta.dirname, '../../../../../shared')
const cases = join(shared, 'data/public/12-libtraceevent-utest')

describe.skipIf(!existsSync(cases))("libtraceevent's own test cases", () => {
  interface Case {
    readonly case: string
    readonly format: string
    readonly record: string
    readonly system: string
    readonly long_size?: number
    readonly field?: { readonly name: string; readonly text: string }
    readonly info: string
  }
  const all = existsSync(cases) ? (JSON.parse(readFileSync(join(cases, 'CASES.json'), 'utf8')) as Case[]) : []
  test.each(all.map((c) => [c.case, c] as const))('%s', (_, c) => {
    const f = parseEventFormat(readFileSync(join(cases, c.format), 'utf8'), c.system)
    const ctx = { ...context, longSize: c.long_size ?? 8 }
    const p = new Uint8Array(readFileSync(join(cases, c.record)))
    expect(renderInfo(f, p, ctx)).toBe(c.info)
    if (c.field) expect(allFields(f, p, ctx).find((x) => x.name === c.field!.name)?.text).toBe(c.field.text)
  })
})
