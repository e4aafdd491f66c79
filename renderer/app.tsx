// The frame: what stands where. Everything in it draws from the signals in state/.

import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { paletteOpen, shortcutsOpen } from './commands/help.js'
import { dropped } from './host-api.js'
import { Drawer } from './panels/drawer.js'
import { FamilyDialog } from './panels/family.js'
import { FilterBar } from './panels/filter-bar.js'
import { Inspector } from './panels/inspector.js'
import { LackingDialog, lackingOpen } from './panels/lacking.js'
import { RecordingBar } from './panels/recording-bar.js'
import { RemoteDialog } from './panels/remote/dialog.js'
import { WindowBar } from './panels/remote/window-bar.js'
import { RunChoice } from './panels/run-choice.js'
import { RunsPage } from './panels/runs/page.js'
import { Start } from './panels/start.js'
import { StatusBar, WorkProgress } from './panels/status.js'
import { Toolbar } from './panels/toolbar.js'
import { Tree } from './panels/tree.js'
import { Verdicts } from './panels/verdicts.js'
import { dismiss, handle, messages, say } from './state/messages.js'
import { BundleDialog, bundleOpen } from './export/bundle-dialog.js'
import { TrimDialog, trimOpen } from './export/trim-dialog.js'
import { ExportDialog, exportOpen } from './export/dialog.js'
import { ReportDialog, reportOpen } from './export/report-dialog.js'
import { unkept } from './state/keeping.js'
import { familyOpen, loaded, openFiles } from './state/opening.js'
import { remoteOpen } from './state/remote.js'
import { openRuns, runsAmong, runsInput } from './state/runs.js'
import { loading, paintTheme, session } from './state/session-state.js'
import {
  drawerHeight,
  inspectorWidth,
  isNarrow,
  showDrawer,
  showInspector,
  treeWidth,
  windowSize,
} from './state/settings.js'
import { OverviewStrip } from './timeline/overview-strip.js'
import { Timeline } from './timeline/timeline.js'
import { Icon } from './widgets/icons.js'
import { Menu } from './widgets/menu.js'
import { Palette, Shortcuts } from './widgets/palette.js'
import { Splitter } from './widgets/splitter.js'

export function App() {
  const theme = paintTheme.value
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme
  }, [theme])
  return (
    <DropTarget>
      <Toolbar />
      <RecordingBar />
      <RunChoice />
      <Banner />
      {session.value ? <Workspace /> : loading.value ? <Loading /> : runsInput.value ? <RunsPage /> : <Start />}
      <StatusBar />
      {familyOpen.value && <FamilyDialog />}
      {remoteOpen.value && <RemoteDialog />}
      {bundleOpen.value && <BundleDialog />}
      {trimOpen.value && <TrimDialog />}
      {reportOpen.value && <ReportDialog />}
      {exportOpen.value && <ExportDialog />}
      {lackingOpen.value && <LackingDialog />}
      {paletteOpen.value && <Palette />}
      {shortcutsOpen.value && <Shortcuts />}
      <Menu />
      <input id="open-files" type="file" multiple hidden aria-hidden="true" />
      <FolderField />
    </DropTarget>
  )
}

/** The attribute is not among the ones JSX knows. */
function FolderField() {
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.setAttribute('webkitdirectory', ''), [])
  return <input ref={field} id="open-folder" type="file" multiple hidden aria-hidden="true" />
}

function Banner() {
  // While it loads, the progress says so.
  const partial = loading.value ? null : session.value?.partial
  if (messages.value.length === 0 && !partial && !unkept.value) return null
  return (
    <div class="banners">
      {unkept.value && (
        <div class="banner banner-error" role="alert">
          <span class="banner-text">{unkept.value}</span>
        </div>
      )}
      {messages.value.map((m) => (
        <div key={m.id} class={`banner banner-${m.severity}`} role={m.severity === 'error' ? 'alert' : 'status'}>
          <span class="banner-text">{m.text}</span>
          <button type="button" class="quiet" aria-label="Dismiss" onClick={() => dismiss(m.id)}>
            ×
          </button>
        </div>
      ))}
      {partial && (
        <div class="banner banner-note" role="status">
          <span class="banner-text">{partial}</span>
          <WindowBar />
        </div>
      )}
    </div>
  )
}

function Loading() {
  return (
    <main class="loading">
      <WorkProgress work={loading.value!} />
      <p class="muted">{(loaded.value?.family.files ?? []).map((f) => f.name).join(', ')}</p>
    </main>
  )
}

function Workspace() {
  const { width, height } = windowSize.value
  const inspector = showInspector.value && !isNarrow.value
  const side = inspector ? Math.min(inspectorWidth.value, width - 480) : 0
  const left = Math.min(treeWidth.value, width - side - 240)
  const below = showDrawer.value ? Math.max(80, Math.min(drawerHeight.value, height - 260)) : 29
  return (
    <>
      <FilterBar />
      <main
        class={`workspace ${inspector ? '' : 'no-inspector'}`}
        style={{
          gridTemplateColumns: `${left}px minmax(0, 1fr) ${side}px`,
          gridTemplateRows: `48px minmax(0, 1fr) ${below}px`,
        }}
      >
        <div class="area-verdicts">
          <Verdicts />
        </div>
        <div class="area-overview">
          <OverviewStrip />
        </div>
        <div class="area-tree">
          <Tree />
          <Splitter
            size={treeWidth}
            min={120}
            max={() => innerWidth - 640}
            side="left"
            label="Width of the row names"
            initial={240}
          />
        </div>
        <div class="area-canvas">
          <Timeline />
        </div>
        {inspector && (
          <aside class="area-inspector" aria-label="Inspector">
            <Splitter
              size={inspectorWidth}
              min={200}
              max={() => innerWidth - 560}
              side="right"
              label="Width of the inspector"
              initial={320}
            />
            <div class="aside-head">
              Selection
              <button
                type="button"
                class="quiet end"
                title="Hide the inspector (Ctrl+I)"
                aria-label="Hide the inspector"
                onClick={() => (showInspector.value = false)}
              >
                <Icon name="right" />
              </button>
            </div>
            <Inspector />
          </aside>
        )}
        <div class="area-drawer">
          {showDrawer.value && (
            <Splitter
              size={drawerHeight}
              min={80}
              max={() => innerHeight - 260}
              side="below"
              label="Height of the drawer"
              initial={240}
            />
          )}
          <Drawer />
        </div>
      </main>
    </>
  )
}

const holdsFiles = (e: DragEvent) => e.dataTransfer?.types.includes('Files') ?? false

/** Files and folders may be dropped anywhere. */
function DropTarget({ children }: { readonly children: ComponentChildren }) {
  const over = useSignal(false)
  const onDrop = (e: DragEvent) => {
    if (!e.dataTransfer || !holdsFiles(e)) return
    e.preventDefault()
    over.value = false
    const found = dropped(e.dataTransfer)
    const go = async () => {
      const files = await found
      if (files.length === 0) say('note', 'What was dropped holds no files.')
      else {
        const records = await runsAmong(files)
        if (records.length > 0) await openRuns(records)
        else await openFiles(files, { ask: true })
      }
    }
    handle(go())
  }
  return (
    <div
      class="frame"
      onDragOver={(e) => {
        if (!holdsFiles(e)) return
        e.preventDefault()
        over.value = true
      }}
      onDragLeave={(e) => {
        if (e.relatedTarget === null) over.value = false
      }}
      onDrop={onDrop}
    >
      {children}
      {over.value && (
        <div class="drop-hint">
          Drop traces of a host and its guests to open them together, or probe records of runs
        </div>
      )}
    </div>
  )
}
