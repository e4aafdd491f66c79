// One seed for all property tests of a run: a new one each time on a developer's machine, so that they look further and further;
// a fixed one in CI, so that a change is judged by what it changed. REMORA_SEED repeats a run.

import { configureGlobal } from 'fast-check'

const given = process.env.REMORA_SEED ?? (process.env.CI ? '20250117' : String(Date.now() % 2 ** 31))
configureGlobal({ seed: Number(given) })
