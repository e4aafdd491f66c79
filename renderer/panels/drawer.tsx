import { drawerTab, showDrawer, showTab } from '../state/settings.js'
import { Icon } from '../widgets/icons.js'
import { tabs } from './tabs.js'

export function Drawer() {
  const shown = tabs.filter((t) => t.when?.() ?? true)
  const current = shown.find((t) => t.id === drawerTab.value) ?? shown[0]!
  const onKeyDown = (e: KeyboardEvent) => {
    const step = e.key === 'ArrowRight' ? 1 : e.key === 'ArrowLeft' ? -1 : 0
    if (step === 0) return
    e.preventDefault()
    e.stopPropagation()
    drawerTab.value = shown[(shown.indexOf(current) + step + shown.length) % shown.length]!.id
    requestAnimationFrame(() => document.getElementById(`tab-${drawerTab.peek()}`)?.focus())
  }
  const Bar = current.bar
  const Panel = current.component
  return (
    <section class="drawer" aria-label="Drawer">
      <div class="tabs" role="tablist" onKeyDown={onKeyDown}>
        {shown.map((t) => {
          const badge = t.badge?.() ?? 0
          return (
            <button
              key={t.id}
              id={`tab-${t.id}`}
              type="button"
              role="tab"
              aria-selected={t === current}
              aria-controls="drawer-panel"
              tabIndex={t === current ? 0 : -1}
              onClick={() => showTab(t.id)}
            >
              {t.label}
              {badge > 0 && <span class="count">{badge > 999 ? '999+' : badge}</span>}
            </button>
          )
        })}
        <span class="fill" />
        {Bar && showDrawer.value && <Bar />}
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
        <div class="drawer-panel" id="drawer-panel" role="tabpanel" aria-labelledby={`tab-${current.id}`}>
          <Panel />
        </div>
      )}
    </section>
  )
}
