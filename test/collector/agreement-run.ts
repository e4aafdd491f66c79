import { agree, agreementText, fileSource, leftOut, wakingsOfRecords, wakingsOfTrace } from './agreement.js'

const [trace, records, least = '99.9'] = process.argv.slice(2)
if (!trace || !records) {
  console.error('agreement TRACE.dat RECORDS.wire [LEAST PERCENT]')
  process.exitCode = 2
} else {
  const sources = await Promise.all([fileSource(trace), fileSource(records)])
  const own = await leftOut(sources[1])
  const found = agree(await wakingsOfTrace(sources[0], own), await wakingsOfRecords(sources[1]), 50_000)
  console.log(agreementText(found))
  if (found.matched < found.trace) {
    // Both read the clock one after the other, with interrupts off: what lies between is the time that the (virtual) CPU did not run,
    // or waited for its clock. Whether each waking has its record at all a wide limit tells.
    const wide = agree(await wakingsOfTrace(sources[0], own), await wakingsOfRecords(sources[1]), 20_000_000)
    console.log(`Within 20 ms it is ${wide.matched} of ${wide.trace}.`)
  }
  process.exitCode = found.percent >= Number(least) ? 0 : 1
  for (const source of sources) await source.close()
}
