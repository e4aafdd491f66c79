import { runDesktop } from './desktop/run.js'

// Not awaited: its first part must run before Electron is ready.
void runDesktop()
