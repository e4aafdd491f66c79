import { effect } from '@preact/signals'
import { render } from 'preact'
import { startAnchors } from './annotate/anchors.js'
import { startNoteChains } from './annotate/chains.js'
import { App } from './app.js'
import { runCommand } from './commands.js'
import { onMenu, setNativeTheme } from './host-api.js'
import { startKeys } from './key-map.js'
import { startFollowing } from './state/following.js'
import { handle, say, sentence } from './state/messages.js'
import { begin } from './state/opening.js'
import { startKeepingRuns } from './state/recent-runs.js'
import { startSearching } from './state/searching.js'
import { systemDark, theme } from './state/session-state.js'
import { startSettings, windowSize } from './state/settings.js'
import './styles/theme.css'
import './styles/frame.css'
import './styles/bars.css'
import './styles/panels.css'
import './styles/table.css'
import './styles/fused.css'
import './styles/wakeups.css'
import './styles/lists.css'
import './styles/clocks.css'
import './styles/runs.css'
import './styles/plots.css'
import './styles/start.css'
import './styles/remote.css'
import './styles/widgets.css'
import './styles/narrow.css'

const measure = () => (windowSize.value = { width: innerWidth, height: innerHeight })

async function start(): Promise<void> {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const followSystem = () => (systemDark.value = dark.matches)
  followSystem()
  dark.addEventListener('change', followSystem)
  measure()
  addEventListener('resize', measure)
  addEventListener('unhandledrejection', (e) => say('error', sentence(e.reason)))
  // Private windows may refuse storage: everything works, nothing is remembered.
  await startSettings().catch((e: unknown) => say('note', `Nothing will be remembered: ${sentence(e)}`))
  render(<App />, document.getElementById('app')!)
  effect(() => setNativeTheme(theme.value))
  startKeys()
  startFollowing()
  startSearching()
  startAnchors()
  startNoteChains()
  startKeepingRuns()
  onMenu(runCommand)
  handle(begin())
}

void start()
