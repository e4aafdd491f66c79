/** Paths on Electron's command line: what is no switch, without the app's own folder when it runs from a checkout. */
export function pathsOf(argv: readonly string[], packaged: boolean): string[] {
  return argv
    .slice(1)
    .filter((arg) => !arg.startsWith('-'))
    .slice(packaged ? 0 : 1)
}
