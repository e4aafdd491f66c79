import { plural } from '../state/format.js'
import { session, tableCount } from '../state/session-state.js'
import { drawerTab, follow, showDrawer } from '../state/settings.js'
import type { DrawerTab } from '../state/settings.js'
import { Icon } from '../widgets/icons.js'
import { Clocks } from './clocks.js'
import { EventTable } from './events/table.js'
import { faultCount, Faults } from './faults.js'
import { Inspector } from './inspector.js'
import { Preemptions } from './preemptions.js'

const names: Readonly<Record<DrawerTab, string>> = {
  events: 'Events',
  inspector: 'Selection',
  preemptions: 'Preemptions',
  clocks: 'Clocks',
  faults: 'Faults',
}

/** `withInspector`: the window is too narrow for it beside the canvas. */
export function Drawer({ withInspector }: { readonly withInspector: boolean }) {
  const tabs: readonly DrawerTab[] = withInspector
    ? ['events', 'inspector', 'preemptions', 'clocks', 'faults']
    : ['events', 'preemptions', 'clocks', 'faults']
  const current = tabs.includes(drawerTab.value) ? drawerTab.value : 'events'
  const faults = faultCount(session.value?.faults ?? [])
  const onKeyDown = (e: KeyboardEvent) => {
    const step = e.key === 'ArrowRight' ? 1 : e.key === 'ArrowLeft' ? -1 : 0
    if (step === 0) return
    e.preventDefault()
    e.stopPropagation()
    drawerTab.value = tabs[(tabs.indexOf(current) + step + tabs.length) % tabs.length]!
    requestAnimationFrame(() => document.getElementById(`tab-${drawerTab.peek()}`)?.focus())
  }
  return (
    <section class="drawer" aria-label="Drawer">
      <div class="tabs" role="tablist" onKeyDown={onKeyDown}>
        {tabs.map((t) => (
          <button
            key={t}
            id={`tab-${t}`}
            type="button"
            role="tab"
            aria-selected={t === current}
            aria-controls="drawer-panel"
            tabIndex={t === current ? 0 : -1}
            onClick={() => {
              drawerTab.value = t
              showDrawer.value = true
            }}
          >
            {names[t]}
            {t === 'faults' && faults > 0 && <span class="count">{faults > 999 ? '999+' : faults}</span>}
          </button>
        ))}
        <span class="fill" />
        {current === 'events' && showDrawer.value && (
          <>
            <span class="muted">{plural(tableCount.value, 'event')}</span>
            <label class="check" title="Scroll to what is selected on the timeline">
              <input type="checkbox" checked={follow.value} onChange={() => (follow.value = !follow.peek())} />
              Follow selection
            </label>
          </>
        )}
        <button
          type="button"
          class="quiet"
          title={`${showDrawer.value ? 'Hide' : 'Show'} the drawer (Ctrl+J)`}
          aria-label={`${showDrawer.value ? 'Hide' : 'Show'} the drawer`}
          onClick={() => (showDrawer.value = !showDrawer.peek())}
        >
          <Icon name={showDrawer.value ? 'down' : 'up'} />
        </button>
      </div>
      {showDrawer.value && (
        <div class="drawer-panel" id="drawer-panel" role="tabpanel" aria-labelledby={`tab-${current}`}>
          {current === 'events' && <EventTable />}
          {current === 'inspector' && <Inspector />}
          {current === 'preemptions' && <Preemptions />}
          {current === 'clocks' && <Clocks />}
          {current === 'faults' && <Faults />}
        </div>
      )}
    </section>
  )
}
