import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { armExitReason, exitReason, isHalt, Isa, softirqName, userspaceReason } from './reasons.js'

const ARM_TRAP = 2

describe('exit reasons have the names that the kernel gives them', () => {
  test.each([
    [Isa.Vmx, 1, 'EXTERNAL_INTERRUPT'],
    [Isa.Vmx, 12, 'HLT'],
    [Isa.Vmx, 32, 'MSR_WRITE'],
    [Isa.Vmx, 48, 'EPT_VIOLATION'],
    [Isa.Vmx, 75, 'NOTIFY'],
    // A failed entry.
    [Isa.Vmx, -2147483615, 'INVALID_STATE'],
    [Isa.Vmx, 500, 'exit 0x1f4'],
    [Isa.Svm, 0x78, 'HLT'],
    [Isa.Svm, 0x7c, 'MSR'],
    [Isa.Svm, 0x400, 'NPF'],
    [Isa.Svm, -1, 'exit -1'],
    [Isa.Pvm, 0x10000, 'SYSCALL'],
    [Isa.Pvm, 0x20000, 'HYPERCALL'],
  ])('isa %i, reason %i: %s', (isa, reason, name) => expect(exitReason(isa, reason)).toBe(name))

  test('PVM by the name in the trace itself, where there is one', () => {
    expect(exitReason(Isa.Pvm, 0x10000, 'PVM_SYSCALL')).toBe('PVM_SYSCALL')
    expect(exitReason(Isa.Pvm, 0x10000, '65536')).toBe('SYSCALL')
  })

  test('arm64: how the guest came back, and the class of a trap', () => {
    expect([0, 1, 3].map((ret) => armExitReason(ret, 0))).toEqual(['IRQ', 'SERROR', 'IL'])
    expect([0x01, 0x16, 0x18, 0x24, 0x3e].map((c) => armExitReason(ARM_TRAP, c))).toEqual([
      'WFx',
      'HVC64',
      'SYS64',
      'DABT_LOW',
      'class 0x3e',
    ])
    // With a pending SError.
    expect(armExitReason(-2147483648 + ARM_TRAP, 0x01)).toBe('WFx')
  })

  test('returns to user space', () => {
    expect(userspaceReason(2, 0)).toBe('KVM_EXIT_IO')
    expect(userspaceReason(6, 0)).toBe('KVM_EXIT_MMIO')
    expect(userspaceReason(0, -4)).toBe('interrupted by a signal')
    expect(userspaceReason(0, -14)).toBe('errno 14')
    expect(userspaceReason(999, 0)).toBe('KVM_EXIT 999')
  })

  test('a guest that has nothing to do halts, on each of them', () => {
    const halts = [
      exitReason(Isa.Vmx, 12),
      exitReason(Isa.Svm, 0x78),
      exitReason(Isa.Svm, 0x8b),
      exitReason(Isa.Svm, 0xa6),
      armExitReason(ARM_TRAP, 1),
    ]
    expect(halts.filter(isHalt)).toEqual(halts)
    expect(isHalt('EPT_VIOLATION')).toBe(false)
  })

  test('softirqs', () => expect([1, 9, 77].map(softirqName)).toEqual(['softirq TIMER', 'softirq RCU', 'softirq 77']))
})

/** What the headers define under the same prefix beside reasons. */
const NO_REASONS = /^(EXCP_BASE|LAST_EXCP|SW|HYPERV_.+|XEN_.+|IO_IN|IO_OUT)$/

// Whatever this machine's headers know is known by the same name here.
const HEADERS = [
  {
    path: '/usr/include/x86_64-linux-gnu/asm/vmx.h',
    define: /^#define EXIT_REASON_(\w+)\s+(\d+)$/gm,
    of: (n: number) => exitReason(Isa.Vmx, n),
  },
  {
    path: '/usr/include/x86_64-linux-gnu/asm/svm.h',
    define: /^#define SVM_EXIT_(\w+)\s+(0x[0-9a-f]+)$/gm,
    of: (n: number) => exitReason(Isa.Svm, n),
  },
  {
    path: '/usr/include/linux/kvm.h',
    define: /^#define KVM_EXIT_([A-Z]\w+)\s+(\d+)$/gm,
    of: (n: number) => userspaceReason(n, 0).replace('KVM_EXIT_', ''),
  },
]
describe.each(HEADERS)('$path', ({ path, define, of }) => {
  const here = existsSync(path)
  if (!here) console.warn(`reasons.test.ts: there is no ${path}, its names are not compared`)
  test.skipIf(!here)('names the same reasons', () => {
    const defined = [...readFileSync(path, 'utf8').matchAll(define)].map((m) => [m[1]!, of(Number(m[2]))] as const)
    expect(defined.length).toBeGreaterThan(20)
    const wrong = defined.filter(([name, own]) => name !== own && !NO_REASONS.test(name))
    expect(wrong).toEqual([])
  })
})
