// automerge-repo 2.5 with files as its storage. Its server is the program of @automerge/automerge-repo-sync-server.
//
// Pins are laid out in one of two ways: `one`, a document with all of them, or `each`, a document for each and one that
// lists them. Work B is done with `one` alone: 50 clients with a thousand documents each do not fit into this machine.

import { Repo } from "@automerge/automerge-repo"
import { WebSocketClientAdapter } from "@automerge/automerge-repo-network-websocket"
import { NodeFSStorageAdapter } from "@automerge/automerge-repo-storage-nodefs"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { expectAll, expectPins, hasAll, obey, share, timed, until } from "./lib.mjs"

const [, address, folder, layout] = process.argv.slice(2)
const clients = []
let messages = 0
/** When the last of them was sent or came. */
let spokenAt = 0
/** So many documents are asked for or sent at once where each pin is one. */
const AT_ONCE = 50
/** So long nothing must be said for a connection to count as quiet. */
const QUIET_MS = 250

/** A repository in a folder of its own; `network` says how it speaks with the server, if it does. */
function open(name, ...network) {
  const path = join(folder, name)
  mkdirSync(path, { recursive: true })
  return new Repo({ network, storage: new NodeFSStorageAdapter(path) })
}

/** A way to the server on which every message is counted. */
function wire() {
  const adapter = new WebSocketClientAdapter(`ws://${address}`)
  const count = () => {
    messages++
    spokenAt = performance.now()
  }
  const send = adapter.send.bind(adapter)
  adapter.send = (message) => (count(), send(message))
  adapter.on("message", count)
  return adapter
}

const since = async (work) => {
  const before = messages
  const result = await timed(work)
  return { ...result, requests: messages - before }
}

const there = (handle) => (handle.isReady() ? handle.doc() : undefined)

/** Until nothing was said for a while. */
async function quiet() {
  let seen = -1
  while (seen !== messages) {
    seen = messages
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS))
  }
}

/** A document, however often it is said not to be available while the connection is being made. */
async function find(repo, url) {
  const options = { allowableStates: ["ready", "unavailable"] }
  const handle = await repo.find(url, options)
  await until(() => handle.isReady(), 10)
  return handle
}

/** Everything behind `key`: what is there to read, once it is there. */
async function read(repo, key, count) {
  await repo.networkSubsystem.whenReady()
  const handle = await find(repo, key)
  let content
  const all = () => (content = there(handle) ?? content)
  if (layout === "one") {
    await until(() => Object.keys(all()?.pins ?? {}).length === count)
    return { handle, pins: count }
  }
  await until(() => (all()?.urls ?? []).length === count)
  const pins = []
  for (let from = 0; from < count; from += AT_ONCE) {
    pins.push(...(await Promise.all(content.urls.slice(from, from + AT_ONCE).map((url) => find(repo, url)))))
  }
  await until(() => pins.every((pin) => there(pin)?.title), 10)
  return { handle, pins: pins.length }
}

/** What a document says of pins, now. */
const noteIn = (handle) => {
  const pins = there(handle)?.pins
  return (id) => pins?.[id]?.note
}

/** The server has it when one who knew nothing has it. */
async function arrived(key, count) {
  for (let attempt = 0; ; attempt++) {
    const repo = open(`witness-${attempt}`, wire())
    await repo.networkSubsystem.whenReady()
    const late = new Promise((resolve) => setTimeout(resolve, 300_000, new Error("it did not come in time")))
    const error = await Promise.race([read(repo, key, count).catch((error) => error), late])
    // A document that is still under way keeps it from being shut down in order.
    await repo.shutdown().catch(() => {})
    if (!(error instanceof Error)) return
    // What is still under way is said not to be available.
    if (attempt > 60) throw error
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}

process.on("uncaughtException", (error) => {
  // A repository that is shut down while its connection is still being made, or a server that is too busy to take one:
  // the adapter tries again by itself.
  if (!/WebSocket was closed|ECONNRESET|ECONNREFUSED/.test(error.message)) throw error
})

await obey({
  async seed({ pins }) {
    const repo = open("seed", wire())
    await repo.networkSubsystem.whenReady()
    let handle
    if (layout === "one") {
      handle = repo.create({ pins: {} })
      for (const { id, ...pin } of pins) handle.change((doc) => void (doc.pins[id] = pin))
    } else {
      const urls = []
      for (const pin of pins) {
        urls.push(repo.create(pin).url)
        // Ten thousand at once and its server ends.
        if (urls.length % AT_ONCE === 0) await quiet()
      }
      handle = repo.create({ urls })
    }
    await repo.flush()
    await arrived(handle.url, pins.length)
    return { key: handle.url }
  },
  async first({ key, count }) {
    let repo, handle
    const figures = await since(async () => {
      repo = open("first", wire())
      const result = await read(repo, key, count)
      handle = result.handle
      expectPins(result.pins, count)
      await repo.flush()
    })
    clients.push({ repo, handle })
    return figures
  },
  async join({ key, clients: count, pins }) {
    for (let n = 0; n < count; n++) {
      const repo = open(`client-${n}`, wire())
      await read(repo, key, pins)
      await repo.flush()
      await repo.shutdown()
      clients.push({ name: `client-${n}` })
    }
  },
  // Comes again and finds nothing new: the connection, and what both say of what they have, until it is quiet.
  async again({ key, pins }) {
    const name = clients[0].name
    let repo
    const figures = await since(async () => {
      const start = performance.now()
      repo = open(name, wire())
      await read(repo, key, pins)
      const readAt = performance.now()
      await quiet()
      // How long it was waited to see that nothing more is said is not the protocol's.
      return { ms: Math.max(readAt, spokenAt) - start }
    })
    await repo.shutdown()
    return figures
  },
  async edit({ key, each, notes, pins }) {
    for (const [number, client] of clients.entries()) {
      const repo = open(client.name)
      const { handle } = await read(repo, key, pins)
      for (const { id, note } of share(number, each, notes)) handle.change((doc) => void (doc.pins[id].note = note))
      await repo.flush()
      Object.assign(client, { repo, handle })
    }
  },
  // It has no push without a pull: everyone comes online, and it ends when everyone has everything.
  async push({ notes }) {
    return since(async () => {
      for (const { repo } of clients) repo.networkSubsystem.addNetworkAdapter(wire())
      let waiting = clients
      await until(() => (waiting = waiting.filter(({ handle }) => !hasAll(noteIn(handle), notes))).length === 0, 20)
    })
  },
  async pull({ notes }) {
    for (const { handle } of clients) expectAll(noteIn(handle), notes)
    return { ms: 0, requests: 0 }
  },
})
