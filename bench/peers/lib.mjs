// What every peer's program has in common: it is told what to do on its standard input, one JSON object a line, and
// answers each with one line. The times it tells are its own; bytes and memory are measured from outside.

import { createInterface } from "node:readline"

/** Answers commands with the functions of the same name until the input closes. What it does not know is not needed. */
export async function obey(commands) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { do: name, ...arguments_ } = JSON.parse(line)
    let answer
    try {
      answer = (await commands[name]?.(arguments_)) ?? {}
    } catch (error) {
      answer = { error: String(error?.stack ?? error) }
    }
    process.stdout.write(JSON.stringify(answer) + "\n")
  }
  process.exit(0)
}

/** Runs `work` and says how long it took, in milliseconds. */
export async function timed(work) {
  const start = performance.now()
  const result = await work()
  return { ms: performance.now() - start, ...result }
}

/** What a client writes, of all `{ id, note }` in the order of their ids. */
export function share(client, each, notes) {
  return notes.slice(client * each, (client + 1) * each)
}

/** That there are as many pins as there should be. */
export function expectPins(found, wanted) {
  if (found !== wanted) throw new Error(`${found} of ${wanted} pins are there`)
}

/** Whether every pin holds the note that was meant for it; `noteOf` says what it holds. */
export function hasAll(noteOf, notes) {
  return notes.every(({ id, note }) => noteOf(id) === note)
}

/** That everyone has everything. */
export function expectAll(noteOf, notes) {
  const held = notes.filter(({ id, note }) => noteOf(id) === note).length
  if (held !== notes.length) throw new Error(`${held} of ${notes.length} pins hold the note that was meant for them`)
}

/** How long anything may take. */
const PATIENCE_MS = 300_000

/** Resolves when `done()` holds; looks every so many milliseconds. */
export async function until(done, everyMs = 2) {
  const end = performance.now() + PATIENCE_MS
  while (!(await done())) {
    if (performance.now() > end) throw new Error("it never came")
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}
