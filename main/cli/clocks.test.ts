import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readSchema, violations } from '../../test/json-schema.js'
import { makePair, type PairedGuest } from '../../test/make/clock-pair.js'
import { buildCli, remora, repo } from '../../test/run-cli.js'

const dir = mkdtempSync(join(tmpdir(), 'remora-clocks-'))
const path = (name: string): string => join(dir, name)
const truth: PairedGuest['truth'] = {
  seed: 5,
  duration: 1e9,
  vcpus: 2,
  offset: 2e9,
  ppm: 10,
  bracketMean: 300_000,
  pauseMean: 1_000_000,
}

beforeAll(() => {
  buildCli()
  const write = (name: string, bytes: Uint8Array): void => writeFileSync(path(name), bytes)
  for (const [name, guest, more] of [
    ['right', {}, { clock: 'mono' }],
    ['shifted', { recorded: { by: 200_000 } }, { clock: 'mono' }],
    ['unrelated', { related: false }, { clock: 'mono' }],
    ['entries', {}, { clock: 'mono', events: 'entries' }],
    ['left', { truth: { ...truth, leaves: 6e8 } }, { clock: 'mono' }],
  ] as const) {
    const made = makePair({ ...more, guests: [{ name: 'vm', truth, ...guest }] })
    write(`${name}-host.dat`, made.host)
    write(`${name}-guest.dat`, made.guests[0]!.bytes)
  }
})
afterAll(() => rmSync(dir, { recursive: true }))

const clocks = (name: string, ...args: string[]) =>
  remora(['clocks', path(`${name}-host.dat`), path(`${name}-guest.dat`), ...args])

test('a card says everything once, and nothing failed', async () => {
  const { code, out, err } = await clocks('right')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  const lines = out.split('\n').map((line) => line.trim().replace(/ +/g, ' '))
  expect(lines[0]).toBe('vm in right-host: GUARANTEED')
  expect(lines[1]).toMatch(
    /^As trace-cmd recorded it: all \d+ events of vm lie between kvm_entry and kvm_exit; its times are right to within \d+ ns\.$/,
  )
  for (const line of [
    /^clocks mono on mono$/,
    /^method recorded$/,
    /^accuracy \d+ ns$/,
    /^offset host = guest \+ 20\d{8} ns in the middle of the guest's trace$/,
    /^drift [\d.-]+ \.\. [\d.-]+ ppm possible$/,
    /^vCPU threads 0:1000 \(GUEST option\), 1:1001 \(GUEST option\)$/,
    /^brackets [\d,]+ used \(kvm_entry to kvm_exit\), 0 ends not seen; guest events that fit several 0, none 0$/,
    /^guest events [\d,]+ inside, 0 outside \(100\.00 % inside\), 0 beyond the host's trace by the method in use$/,
    /^recorded GUARANTEED /,
    /^compat GUARANTEED /,
    /^events GUARANTEED /,
    /^timer -> MSR_WRITE \d+ [\d.]+ [\d.]+ [\d.]+$/,
    /^idle -> HLT \d+ [\d.]+ [\d.]+ [\d.]+$/,
  ]) {
    expect(
      lines.filter((l) => line.test(l)),
      String(line),
    ).toHaveLength(1)
  }
  expect(out).not.toMatch(/Breaks|Worst/)
})

test('limits decide the exit code', async () => {
  expect((await clocks('right', '--max-error', '5000', '--max-outside', '0')).code).toBe(0)
  const shifted = await clocks('shifted', '--method', 'recorded', '--max-error', '5000', '--max-outside', '0')
  expect(shifted.code).toBe(1)
  expect(shifted.out).toMatch(/^vm in shifted-host: INFEASIBLE\n/)
  expect(shifted.out).toMatch(/method +recorded; the events support events\n/)
  expect(shifted.out).toMatch(
    /Worst of [\d,]+ events outside\n( +\d+\.\d{9} {2}CPU [01] {2}\S+ \S+ (before its vCPU runs|after its vCPU stopped)\n){10}/,
  )
  expect(shifted.err).toMatch(
    /^remora: The times of vm may be off by 20\d us, more than the 5\.0 us allowed\.\nremora: [\d,]+ events of vm lie where its vCPU cannot have run, more than the 0 allowed\.\n$/,
  )
  // The events repair it, and then the limits hold.
  const repaired = await clocks('shifted', '--max-error', '5000', '--max-outside', '0')
  expect(repaired).toMatchObject({ code: 0, err: '' })
  expect(repaired.out).toMatch(/guest events +[\d,]+ inside, [\d,]+ outside .* as recorded\n +[\d,]+ inside, 0 outside/)
  const entries = await clocks('entries', '--max-error', '1000000000')
  expect(entries).toMatchObject({ code: 1, err: 'remora: No accuracy can be stated for the times of vm.\n' })
  expect(entries.out).toMatch(/^vm in entries-host: ONE-SIDED\n/)
})

test('a guest that was migrated away is said to have left, and when', async () => {
  const { code, out, err } = await clocks('left')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  const sentence = out.split('\n')[1]!
  expect(sentence).toMatch(/ Then vm ran no more on this host .* nothing relates its later times\.$/)
  const left = out.match(/^ +left +this host at (\d+\.\d{9}); later times are not related$/m)
  const report = JSON.parse((await clocks('left', '--json')).out) as { epoch: string; guests: { leftAt: number }[] }
  // The host's clock counts from 0 in the truth.
  const at = BigInt(report.epoch) + BigInt(Math.round(report.guests[0]!.leftAt))
  expect(left?.[1]).toBe(`${at / 1_000_000_000n}.${String(at % 1_000_000_000n).padStart(9, '0')}`)
  expect(await clocks('right').then((r) => r.out)).not.toMatch(/ left +this host| ran no more /)
})

test.each([
  ['right', [], 0],
  ['shifted', ['--method', 'compat', '--max-error', '1'], 1],
  ['entries', [], 0],
  ['unrelated', ['--pair', 'unrelated-guest.dat=unrelated-host.dat'], 0],
] as const)('--json of %s is what the schema says', async (name, args, code) => {
  const run = await clocks(name, '--json', ...args)
  expect({ code: run.code, err: run.err }).toEqual({ code, err: '' })
  const report = JSON.parse(run.out) as { failures: string[]; guests: { method: string }[] }
  expect(violations(readSchema('clocks'), report)).toEqual([])
  expect(report.failures).toHaveLength(code)
  expect(report.guests).toHaveLength(1)
})

test('files that know nothing of each other are paired when told, by every command', async () => {
  const alone = await clocks('unrelated')
  expect(alone).toMatchObject({ code: 2, out: '' })
  expect(alone.err).toBe(
    'remora: There is no guest whose host is among the files; --pair GUEST=HOST names two that do not know of each other.\n',
  )
  const pair = ['--pair', `${path('unrelated-guest.dat')}=${path('unrelated-host.dat')}`]
  const told = await clocks('unrelated', ...pair)
  expect(told.code).toBe(0)
  expect(told.out).toMatch(/^unrelated-guest in unrelated-host: GUARANTEED\n/)
  expect((await clocks('unrelated', ...pair, '--method', 'recorded')).err).toMatch(/has no recorded time shift/)
  const files = [path('unrelated-host.dat'), path('unrelated-guest.dat')]
  expect((await remora(['info', ...files, ...pair])).out).toMatch(/└─ unrelated-guest +guest/)
  const times = async (...more: string[]): Promise<string[]> =>
    (await remora(['events', ...files, ...more])).out.match(/ \d+\.\d{9}(?=:)/g) ?? []
  const merged = await times(...pair, '--clock', 'events')
  expect(merged).toHaveLength((await times()).length)
  expect(merged).not.toEqual(await times())
  // The right way round only.
  const circle = ['--pair', `${files[1]}=${files[0]}`, '--pair', `${files[0]}=${files[1]}`]
  expect(await clocks('unrelated', ...circle)).toMatchObject({ code: 2, out: '' })
})

test('the bundled sample', async () => {
  const { code, out } = await remora(['clocks', join(repo, 'samples/host-and-guest')])
  expect(code).toBe(0)
  expect(out).toMatch(/^10\.9\.1\.2 in host: CONDITIONAL\n/)
  expect(out).toMatch(/recorded +INFEASIBLE/)
})
