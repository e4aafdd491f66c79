import type { Page } from 'playwright-core'

/** Drops a file upon the window, as a hand would. */
export async function drop(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  await page.evaluate(
    async ({ name, text }) => {
      const all = new DataTransfer()
      all.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name))
      document.querySelector('.frame')!.dispatchEvent(new DragEvent('drop', { dataTransfer: all, bubbles: true }))
    },
    { name, text: Buffer.from(bytes).toString('base64') },
  )
}
