// A test of pids that is asked for millions of events: its answer per pid is kept.

const NOT_ASKED = 0
const NO = 1
const YES = 2
/** The kernel's highest pid (PID_MAX_LIMIT); damaged records hold others. */
const LARGEST = 4 << 20

/** `holds` remembered per pid. */
export function rememberPids(holds: (pid: number) => boolean): (pid: number) => boolean {
  let answers = new Uint8Array(1024)
  return (pid) => {
    if (pid < 0 || pid >= LARGEST) return holds(pid)
    if (pid >= answers.length) {
      const larger = new Uint8Array(Math.min(LARGEST, Math.max(pid + 1, answers.length * 2)))
      larger.set(answers)
      answers = larger
    }
    const known = answers[pid]!
    if (known !== NOT_ASKED) return known === YES
    const answer = holds(pid)
    answers[pid] = answer ? YES : NO
    return answer
  }
}
