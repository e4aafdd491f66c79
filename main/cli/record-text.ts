import type { Manifest } from '../record/manifest.js'
import type { Preflight } from '../record/preflight.js'
import type { Figures } from '../record/recorder.js'
import type { Live } from '../record/session.js'
import { bytesText, plural } from './text.js'

const marks = { yes: 'ok  ', partly: 'note', no: 'NO  ' } as const

/** What the machines allow, a line each. */
export function preflightText(all: readonly { readonly name: string; readonly found: Preflight }[]): string {
  return all
    .map(({ name, found }) => {
      const lines = found.checks.map((c) => `  ${marks[c.state]}  ${c.sentence}\n`)
      return `${name}: ${found.facts.kernel}, ${found.facts.cpus} CPUs\n${lines.join('')}`
    })
    .join('\n')
}

const count = (n: number | null): string => (n === null ? '?' : Math.round(n).toLocaleString('en-US'))

function figuresText(label: string, f: Figures): string {
  const lost = f.lost ? `, ${count(f.lost)} lost` : ''
  const fill = f.fill === null ? '' : `, buffer ${Math.round(f.fill * 100)} %`
  return `${label}: ${count(f.events)} (${count(f.perSecond)}/s${fill}${lost})`
}

const phases = { starting: 'starting', recording: '', writing: 'writing', pause: 'pause' } as const

/** One line of live figures. */
export function liveText(live: Live): string {
  const run = live.runs > 1 ? `run ${live.run} of ${live.runs}  ` : ''
  const time = live.phase === 'recording' ? `${live.seconds.toFixed(0)} s` : phases[live.phase]
  return `${run}${time}  ${live.recorders.map((r) => figuresText(r.label, r.figures)).join('  ')}`
}

/** What was recorded, for people. */
export function recordedText(folder: string, manifest: Manifest): string {
  const files = manifest.runs.flatMap((r) => r.files)
  const lost = files.reduce((sum, f) => sum + (f.figures.lost ?? 0), 0)
  const bytes = files.reduce((sum, f) => sum + f.bytes, 0)
  const runs = manifest.runs.length === 1 ? '' : `${manifest.runs.length} runs, `
  const head = `${folder}: ${runs}${plural(files.length, 'file')}, ${bytesText(bytes)}, ${lost === 0 ? 'nothing' : count(lost)} lost\n`
  if (manifest.runs.length !== 1) return head
  return (
    head +
    files
      .map(
        (f) =>
          `  ${f.path}  ${bytesText(f.bytes)}  ${count(f.figures.events)} ${f.kind === 'wire' ? 'records' : 'events'}\n`,
      )
      .join('')
  )
}
