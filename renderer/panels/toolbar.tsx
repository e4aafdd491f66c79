import type { SessionInfo } from '../../workers/thread/contract.js'
import { openFilesDialog } from '../commands/file.js'
import { rowHeightNames } from '../commands/rows.js'
import { themeNames } from '../commands/view.js'
import { command, runCommand } from '../commands.js'
import { isEmptyFilter } from '../state/filters.js'
import { plural } from '../state/format.js'
import { familyOpen, labelOf, loaded } from '../state/opening.js'
import { rowHeights } from '../state/rows.js'
import { filter, mousePreset, rowHeight, session, taskOrder, theme, timeFormat } from '../state/session-state.js'
import type { ThemeChoice } from '../state/session-state.js'
import { showDrawer, showFilterBar, showInspector } from '../state/settings.js'
import { Icon } from '../widgets/icons.js'
import { openMenuBelow } from '../widgets/menu.js'
import type { MenuEntry } from '../widgets/menu.js'
import { SearchBox } from './search-box.js'

const themes: readonly ThemeChoice[] = ['system', 'dark', 'light']
const themeIcon = { system: 'half', dark: 'moon', light: 'sun' } as const

/** A command as a menu's entry; with a check mark it names the thing instead of what happens to it. */
const entry = (id: string, checked?: boolean, label?: string): MenuEntry => {
  const c = command(id)
  if (!c) return null
  return {
    label: label ?? c.title,
    keys: c.keys[0],
    run: () => runCommand(id),
    checked,
    disabled: !(c.when?.() ?? true),
  }
}

function viewMenu(): MenuEntry[] {
  return [
    {
      label: 'Times since the first event',
      checked: timeFormat.peek() === 'relative',
      keys: 't',
      run: () => (timeFormat.value = 'relative'),
    },
    {
      label: 'Times of the trace clock',
      checked: timeFormat.peek() === 'trace',
      keys: 't',
      run: () => (timeFormat.value = 'trace'),
    },
    null,
    ...rowHeights.map((h) => ({
      label: rowHeightNames[h],
      checked: rowHeight.peek() === h,
      run: () => void (rowHeight.value = h),
    })),
    null,
    { label: 'Busiest task first', checked: taskOrder.peek() === 'events', run: () => (taskOrder.value = 'events') },
    { label: 'Tasks by name', checked: taskOrder.peek() === 'name', run: () => (taskOrder.value = 'name') },
    null,
    entry('drawer', showDrawer.peek(), 'Drawer'),
    entry('inspector', showInspector.peek(), 'Inspector'),
    null,
    ...themes.map((t) => ({ label: themeNames[t], checked: theme.peek() === t, run: () => void (theme.value = t) })),
    null,
    {
      label: 'KernelShark mouse: left drag zooms',
      checked: mousePreset.peek() === 'kernelshark',
      run: () => runCommand('mouse'),
    },
    null,
    entry('palette'),
    entry('shortcuts'),
    null,
    entry('save-session'),
    entry('report'),
    entry('trim'),
    entry('open-remote'),
    entry('record'),
    entry('close'),
  ]
}

/** The host's file stands for all. */
function mainFile(info: SessionInfo): string {
  const host = info.machines.find((m) => m.role === 'host') ?? info.machines[0]
  return info.files.find((f) => f.file === host?.files[0])?.name ?? info.name
}

export function Toolbar() {
  const info = session.value
  const label = info && labelOf(info, loaded.value?.sample ?? false)
  const filtered = !isEmptyFilter(filter.value)
  return (
    <header class="toolbar" aria-label="Toolbar">
      <div class="toolbar-left">
        {info && (
          <button
            type="button"
            class="quiet session-name"
            title={`${info.name}: hosts, guests and files of this session (I)`}
            onClick={() => (familyOpen.value = true)}
          >
            <b>{mainFile(info)}</b>
            {label && <span class="origin">{label}</span>}
            <span class="muted">
              {info.files.length > 1 ? `and ${plural(info.files.length - 1, 'file')}, ` : ''}
              {plural(info.machines.length, 'machine')}
            </span>
          </button>
        )}
      </div>
      <div class="toolbar-middle">{info && <SearchBox />}</div>
      <div class="toolbar-right">
        <button type="button" class="quiet" title="Open files (Ctrl+O)" onClick={openFilesDialog}>
          <Icon name="open" />
          <span class="wide">Open</span>
        </button>
        {info && (
          <button
            type="button"
            class={`quiet ${filtered ? 'on' : ''}`}
            aria-pressed={showFilterBar.value}
            title="Filter events (Ctrl+Shift+F)"
            onClick={() => (showFilterBar.value = !showFilterBar.peek())}
          >
            <Icon name="filter" />
            <span class="wide">Filter</span>
          </button>
        )}
        {info && (
          <button
            type="button"
            class="quiet"
            title="Export a picture of the timeline (Ctrl+E)"
            onClick={() => runCommand('export')}
          >
            <Icon name="picture" />
            <span class="wide">Export</span>
          </button>
        )}
        <button
          type="button"
          class="quiet"
          title={`${themeNames[theme.value]}: next theme`}
          aria-label={`${themeNames[theme.value]}: next theme`}
          onClick={() => (theme.value = themes[(themes.indexOf(theme.peek()) + 1) % themes.length]!)}
        >
          <Icon name={themeIcon[theme.value]} />
        </button>
        <button
          type="button"
          class="quiet"
          title="View"
          aria-label="View menu"
          aria-haspopup="menu"
          onClick={(e) => openMenuBelow(e.currentTarget, viewMenu())}
        >
          <Icon name="menu" />
        </button>
      </div>
    </header>
  )
}
