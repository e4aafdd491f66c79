const WIDTH = 208
const HEIGHT = 104

/** The timeline as it stands, small, as a data: address; null where there is none. */
export function thumbnail(): string | null {
  const shown = [...document.querySelectorAll<HTMLCanvasElement>('.area-canvas canvas')].filter((c) => c.width > 0)
  const [first] = shown
  if (!first) return null
  const canvas = document.createElement('canvas')
  canvas.width = WIDTH
  canvas.height = HEIGHT
  const ctx = canvas.getContext('2d')
  if (!ctx) return null
  ctx.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--background').trim() || '#ffffff'
  ctx.fillRect(0, 0, WIDTH, HEIGHT)
  ctx.imageSmoothingQuality = 'high'
  // The whole width; of the rows as many as have room, at half the height of the width's scale so that lanes stay lanes.
  const tall = Math.min(first.height, first.width * (HEIGHT / WIDTH))
  for (const c of shown) ctx.drawImage(c, 0, 0, c.width, tall, 0, 0, WIDTH, HEIGHT)
  return canvas.toDataURL('image/webp', 0.8)
}
