import { Runs } from './panel.js'

/** The panel as the whole window: records are open and no recording is. */
export function RunsPage() {
  return (
    <main class="runs-page" aria-label="Runs">
      <Runs />
    </main>
  )
}
