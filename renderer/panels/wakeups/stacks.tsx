// The stacks of the wake-ups as a tree, by how many there are or by how long they waited.

import { signal, useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { StackTree } from '../../../workers/thread/contract.js'
import { Flame, weightOf } from '../../charts/flame/flame.js'
import { found, passes, pathTo, type Weight } from '../../charts/flame/layout.js'
import { formatCount, formatShort, plural } from '../../state/format.js'
import { handle } from '../../state/messages.js'
import { engine, session } from '../../state/session-state.js'
import { copyText } from '../../widgets/copy.js'
import { CommandLine } from '../lacking.js'
import { WorkProgress } from '../status.js'
import { onlyStacks } from './filter-bar.js'
import { stackLine } from './record-line.js'
import { useAnswer, wakeQuery } from './view.js'

const weight = signal<Weight>('count')
const shape = signal<'flame' | 'icicle'>('icicle')
const text = signal('')
/** Stacks that are held against a node at most. */
const STACKS = 50_000

export function Stacks() {
  const query = wakeQuery.value
  const answer = useAnswer((api, onProgress, abort) => api.wakeupStackTree(query, onProgress, abort), [query]).value
  const { value, trouble, waiting, progress, cancel } = answer
  if (waiting && !value && progress)
    return (
      <p class="empty">
        <WorkProgress work={{ title: 'Reading the stacks', progress, cancel }} />
      </p>
    )
  if (trouble !== null && !value) return <p class="warning">{trouble}</p>
  if (!value) return null
  if (value.withStack === 0) return <NoStacks />
  return <Tree tree={value} />
}

export function NoStacks() {
  return (
    <section class="lacking">
      <p class="empty">
        Shows the kernel’s stacks at the wake-ups. None of these wake-ups has one: no stacks were recorded, or none for
        them.
      </p>
      <h3>To record a stack with each sched_waking</h3>
      <CommandLine line={stackLine} />
    </section>
  )
}

function Tree({ tree }: { readonly tree: StackTree }) {
  const info = session.value
  const zoomed = useSignal(0)
  const at = useSignal<number | null>(null)
  useEffect(() => {
    zoomed.value = 0
    at.value = null
  }, [tree])
  const hits = useMemo(() => found(tree, weight.value, text.value), [tree, weight.value, text.value])
  if (!info) return null
  const node = at.value ?? zoomed.value
  const write = (n: number) => (weight.value === 'count' ? plural(n, 'wake-up') : formatShort(n, info.unit))
  const whole = weightOf(tree, weight.value, 0)
  const own = weightOf(tree, weight.value, node)
  const share = (n: number) => `${whole > 0 ? ((100 * n) / whole).toFixed(1) : '0'} %`
  const names = pathTo(tree, zoomed.value).map((n) => tree.names[tree.name[n]!]!)
  const narrow = async () => {
    const api = engine.peek()
    if (!api) return
    const { stacks } = await api.wakeupStacks(wakeQuery.peek(), STACKS)
    const chosen = stacks.filter((s) => passes(tree, zoomed.peek(), s.frames)).map((s) => s.stack)
    onlyStacks(chosen)
  }
  return (
    <div class="panel-fill">
      <div class="panel-bar flame-bar">
        <Either
          label="Width"
          options={[
            ['count', 'by count'],
            ['latency', 'by latency'],
          ]}
          of={weight}
        />
        <Either
          label="Direction"
          options={[
            ['icicle', 'icicle'],
            ['flame', 'flame'],
          ]}
          of={shape}
        />
        <input
          type="search"
          class="field wake-text"
          placeholder="Find a function"
          aria-label="Find a function in the stacks"
          value={text.value}
          onInput={(e) => (text.value = e.currentTarget.value)}
        />
        {text.value.trim() !== '' && <span role="status">in {(100 * hits.share).toFixed(1)} %</span>}
        {zoomed.value !== 0 && (
          <>
            <button type="button" class="button" onClick={() => (zoomed.value = 0)}>
              Whole tree
            </button>
            <button type="button" class="button" onClick={() => handle(narrow())}>
              Only its wake-ups
            </button>
            <button
              type="button"
              class="button"
              title="Copy the functions from the outermost to this one"
              onClick={() => copyText(names.slice(1).join('\n'))}
            >
              Copy path
            </button>
          </>
        )}
        <span class="fill" />
        <span class="muted one-line" role="status">
          {node === 0 ? '' : `${tree.names[tree.name[node]!]!}: `}
          {write(own)}, {share(own)}
          {tree.without > 0 && `; ${formatCount(tree.without)} without a stack`}
        </span>
      </div>
      <div class="scroll panel-table">
        <Flame
          tree={tree}
          weight={weight.value}
          shape={shape.value}
          zoomed={zoomed.value < tree.parent.length ? zoomed.value : 0}
          found={hits.names}
          searching={text.value.trim() !== ''}
          zoom={(n) => (zoomed.value = n)}
          point={(n) => (at.value = n)}
        />
      </div>
    </div>
  )
}

interface EitherProps<T extends string> {
  readonly label: string
  readonly options: readonly (readonly [T, string])[]
  readonly of: { value: T }
}
function Either<T extends string>({ label, options, of }: EitherProps<T>) {
  return (
    <span role="group" aria-label={label} class="either">
      {options.map(([id, name]) => (
        <button
          key={id}
          type="button"
          class={`quiet ${of.value === id ? 'on' : ''}`}
          aria-pressed={of.value === id}
          onClick={() => (of.value = id)}
        >
          {name}
        </button>
      ))}
    </span>
  )
}
