// What a command leaves open while it runs, and that must be closed when it has ended, however it did.

const open = new Set<() => unknown>()

export const closeAtEnd = (close: () => unknown): unknown => open.add(close)

export async function closeLeftovers(): Promise<void> {
  const all = [...open]
  open.clear()
  await Promise.allSettled(all.map(async (close) => close()))
}
