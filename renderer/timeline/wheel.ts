/** Zoom factor of a wheel event: a notch is a fifth, a pinch follows the fingers. */
export function wheelFactor(deltaY: number, deltaMode: number): number {
  const pixels = deltaMode === 1 ? deltaY * 33 : deltaMode === 2 ? deltaY * 100 : deltaY
  const rate = deltaMode === 0 && Math.abs(pixels) < 40 ? 0.01 : 0.002
  return Math.exp(Math.max(-1, Math.min(1, pixels * rate)))
}
