import { useSignal } from '@preact/signals'
import type { Answer, Question } from '../../remote-api.js'
import { useFocus } from '../../widgets/focus.js'

interface Props {
  readonly question: Question
  readonly answer: (value: Answer) => void
}

/** What only the user can answer on the way to a machine. What is typed is handed on and forgotten. */
export function Ask({ question, answer }: Props) {
  const safe = useFocus<HTMLButtonElement>()
  return question.kind === 'host-key' ? (
    <section class="remote-question" role="alertdialog" aria-label="Unknown key">
      <p>
        The key of <b>{question.host}</b> is not known. Compare its fingerprint with that of the machine (ssh-keygen -lf
        /etc/ssh/ssh_host_…_key.pub) before you trust it.
      </p>
      <dl class="facts">
        <dt>Type</dt>
        <dd>{question.type}</dd>
        <dt>Fingerprint</dt>
        <dd class="mono">{question.fingerprint}</dd>
        <dt>Noted in</dt>
        <dd>{question.file || 'nowhere, as your ssh configuration says'}</dd>
      </dl>
      <div class="dialog-foot">
        <span class="fill" />
        <button ref={safe} type="button" class="button" onClick={() => answer(false)}>
          Do not connect
        </button>
        <button type="button" class="button primary" onClick={() => answer(true)}>
          Trust this key
        </button>
      </div>
    </section>
  ) : (
    <Secret question={question} answer={answer} />
  )
}

function Secret({ question, answer }: Props & { readonly question: Question & { kind: 'secret' } }) {
  const field = useFocus<HTMLInputElement>()
  const keep = useSignal(false)
  const give = () => {
    const value = field.current?.value ?? ''
    if (field.current) field.current.value = ''
    answer(question.keepable ? { text: value, keep: keep.value } : value)
  }
  return (
    <form
      class="remote-question"
      onSubmit={(e) => {
        e.preventDefault()
        give()
      }}
    >
      {question.again && <p class="warning">That was refused. Try again.</p>}
      <label>
        {question.text}
        {question.echo ? (
          <input ref={field} class="field" type="text" autocomplete="off" />
        ) : (
          <input ref={field} class="field" type="password" autocomplete="off" />
        )}
      </label>
      {question.keepable && (
        <label class="check">
          <input type="checkbox" checked={keep.value} onChange={(e) => (keep.value = e.currentTarget.checked)} />
          Keep it in this system’s key store
        </label>
      )}
      <p class="muted">
        {keep.value
          ? 'Once it was right it is kept for the next time, encrypted, and given to this machine alone.'
          : 'It is kept in memory until you disconnect, never in a file.'}
      </p>
      <div class="dialog-foot">
        <span class="fill" />
        <button type="button" class="button" onClick={() => answer(null)}>
          Cancel
        </button>
        <button type="submit" class="button primary">
          Continue
        </button>
      </div>
    </form>
  )
}
