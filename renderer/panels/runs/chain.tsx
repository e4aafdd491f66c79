// The chain as text, with those that are defined to choose from.

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { handle } from '../../state/messages.js'
import { analyse, definitionsNow, runsChain, runsDefinitions, runsInput } from '../../state/runs.js'

export function ChainField() {
  const typed = useSignal(runsChain.value)
  const now = runsChain.value
  useEffect(() => {
    typed.value = now
  }, [now])
  useEffect(() => {
    if (!runsDefinitions.peek()) handle(definitionsNow())
  }, [])
  const suggested = runsInput.value?.suggested
  const known = runsDefinitions.value?.chains ?? []
  const take = (text: string) => {
    const named = runsDefinitions.peek()?.chains.find((c) => c.name === text.trim())
    typed.value = runsChain.value = named ? named.steps.join(' -> ') : text.trim()
    if (runsInput.peek()?.runs) handle(analyse())
  }
  return (
    <div class="runs-chain">
      <label>
        Chain
        <textarea
          class="field"
          rows={3}
          spellcheck={false}
          placeholder="first_probe -> second_probe"
          value={typed.value}
          onInput={(e) => (typed.value = e.currentTarget.value)}
          onKeyDown={(e) => {
            if (e.key !== 'Enter' || e.shiftKey) return
            e.preventDefault()
            take(e.currentTarget.value)
          }}
          onBlur={(e) => {
            if (e.currentTarget.value.trim() !== runsChain.peek()) take(e.currentTarget.value)
          }}
        />
      </label>
      <label class="runs-known">
        <select
          class="field"
          aria-label="Defined chains"
          value={known.some((c) => c.steps.join(' -> ') === now) ? now : ''}
          onChange={(e) => e.currentTarget.value !== '' && take(e.currentTarget.value)}
        >
          <option value="">Choose a chain</option>
          {suggested && <option value={suggested.steps.join(' -> ')}>what most runs pass</option>}
          {known.map((c) => (
            <option key={c.name} value={c.steps.join(' -> ')}>
              {c.name}
            </option>
          ))}
        </select>
      </label>
    </div>
  )
}
