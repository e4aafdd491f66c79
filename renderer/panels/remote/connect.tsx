import { useSignal } from '@preact/signals'
import { handle } from '../../state/messages.js'
import { connectAndShow } from '../../state/recording.js'
import { busy, knownHosts, openSaved, reopening } from '../../state/remote.js'
import { remotePlaces } from '../../state/settings.js'
import { useFocus } from '../../widgets/focus.js'

/** Which machine: typed, one of the ssh configuration, or one of before. */
export function Connect() {
  const text = useSignal('')
  const field = useFocus<HTMLInputElement>()
  const again = reopening.value
  const idle = busy.value === null
  if (again) {
    return (
      <p class="muted">
        Its files are on another machine: {again.files.map((f) => f.name).join(', ')}.{' '}
        {idle && (
          <button type="button" class="link" onClick={() => handle(openSaved(again))}>
            Connect again
          </button>
        )}
      </p>
    )
  }
  const go = (address: string, path = '') => handle(connectAndShow(address, path))
  return (
    <>
      <form
        class="remote-address"
        onSubmit={(e) => {
          e.preventDefault()
          if (text.value.trim() !== '') go(text.value.trim())
        }}
      >
        <input
          ref={field}
          class="field"
          type="text"
          spellcheck={false}
          autocomplete="off"
          aria-label="Machine"
          placeholder="user@host, a name of your ssh configuration, or ssh://user@host:port/path"
          value={text.value}
          onInput={(e) => (text.value = e.currentTarget.value)}
        />
        <button type="submit" class="button primary" disabled={!idle}>
          Connect
        </button>
      </form>
      <div class="remote-choices">
        <section aria-label="Recent places">
          <h3>Recent places</h3>
          {remotePlaces.value.length === 0 && <p class="muted">Places that you open files from are listed here.</p>}
          <ul>
            {remotePlaces.value.map((p) => (
              <li key={`${p.address}${p.path}`}>
                <button type="button" class="remote-choice" disabled={!idle} onClick={() => go(p.address, p.path)}>
                  <b>{p.address.replace(/^ssh:\/\//, '')}</b>
                  <span class="muted">{p.path}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
        <section aria-label="Hosts of your ssh configuration">
          <h3>Your ssh configuration</h3>
          {knownHosts.value.length === 0 && <p class="muted">~/.ssh/config names no single host.</p>}
          <ul>
            {knownHosts.value.map((h) => (
              <li key={h.name}>
                <button type="button" class="remote-choice" disabled={!idle} onClick={() => go(h.name)}>
                  <b>{h.name}</b>
                  <span class="muted">{h.leads}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      </div>
    </>
  )
}
