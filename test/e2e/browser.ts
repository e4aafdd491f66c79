import sparticuz from '@sparticuz/chromium'
import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

/** Software GL, so that pictures come out alike on machines without a graphics card. */
const args = ['--use-gl=angle', '--use-angle=swiftshader', '--ignore-gpu-blocklist', '--no-sandbox']

/** The Chromium that npm brought, else the system's. Rejects with the reasons when neither starts. */
export async function launchChromium(): Promise<Browser> {
  const reasons: string[] = []
  for (const path of [() => sparticuz.executablePath(), () => Promise.resolve('/usr/bin/chromium')]) {
    try {
      const executablePath = await path()
      if (existsSync(executablePath)) return await chromium.launch({ executablePath, args, headless: true })
      reasons.push(`${executablePath} does not exist`)
    } catch (e) {
      reasons.push(e instanceof Error ? e.message : String(e))
    }
  }
  throw new Error(`No Chromium starts: ${reasons.join('; ')}`)
}
