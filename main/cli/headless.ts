import type { EngineApi, SessionInfo } from '../../workers/thread/contract.js'
import type { FontMetrics, Picture, PictureFont, PictureOptions } from '../../workers/thread/picture.js'
import type { Bundle } from './bundle.js'

/** How somebody left a session, or a view of it that was saved. */
export interface Look {
  readonly name: string | null
  readonly caption: string
  readonly from: number
  readonly to: number
}

/** What renderer/export/headless.ts offers. */
export interface Headless {
  notesOf(session: SessionInfo, options: PictureOptions): string[]
  renderPicture(
    engine: Pick<EngineApi, 'lod' | 'fusedTracks' | 'ownMoments'>,
    session: SessionInfo,
    fonts: Readonly<Record<PictureFont, FontMetrics>>,
    options: PictureOptions,
    look?: Look | null,
  ): Promise<Picture>
  /** Throws an Error whose message is a sentence. */
  readBundle(name: string, bytes: Uint8Array): Bundle
  /** The saved views of a session, or with `now` how it was left. */
  looksOf(content: Bundle['content'], session: SessionInfo, now: boolean): Look[]
}

/** The screens' painters, built beside this program: main knows nothing of the screens but their build. */
export const headless = async (): Promise<Headless> =>
  (await import(/* @vite-ignore */ new URL('./headless.js', import.meta.url).href)) as Headless
