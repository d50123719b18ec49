// Loro in memory: no network, no disk, one process. The floor of what a merging data structure costs by itself.

import { LoroDoc, LoroMap } from "loro-crdt"
import { expectAll, expectPins, obey, share, timed } from "./lib.mjs"

const server = new LoroDoc()
const clients = []

const fresh = (bytes) => {
  const doc = new LoroDoc()
  doc.import(bytes)
  return doc
}
const pinsOf = (doc) => doc.getMap("pins").toJSON()

await obey({
  async seed({ pins }) {
    const map = server.getMap("pins")
    for (const { id, ...pin } of pins) {
      const fields = map.setContainer(id, new LoroMap())
      for (const [field, value] of Object.entries(pin)) fields.set(field, value)
      server.commit()
    }
  },
  async first({ count }) {
    let bytes
    const figures = await timed(() => {
      bytes = server.export({ mode: "snapshot" })
      clients.push(fresh(bytes))
    })
    expectPins(Object.keys(pinsOf(clients[0])).length, count)
    return { ...figures, bytes: bytes.length }
  },
  async join({ clients: count }) {
    const bytes = server.export({ mode: "snapshot" })
    for (let n = 0; n < count; n++) clients.push(fresh(bytes))
  },
  async again() {
    let bytes
    const figures = await timed(() => {
      bytes = server.export({ mode: "update", from: clients[0].version() })
      clients[0].import(bytes)
    })
    return { ...figures, bytes: bytes.length }
  },
  async edit({ each, notes }) {
    for (const [client, doc] of clients.entries()) {
      const map = doc.getMap("pins")
      for (const { id, note } of share(client, each, notes)) {
        map.get(id).set("note", note)
        doc.commit()
      }
    }
  },
  async push() {
    let bytes = 0
    const figures = await timed(() => {
      for (const doc of clients) {
        const update = doc.export({ mode: "update", from: server.version() })
        bytes += update.length
        server.import(update)
      }
    })
    return { ...figures, bytes }
  },
  async pull({ notes }) {
    let bytes = 0
    const figures = await timed(() => {
      for (const doc of clients) {
        const update = server.export({ mode: "update", from: doc.version() })
        bytes += update.length
        doc.import(update)
      }
    })
    for (const doc of clients) {
      const held = pinsOf(doc)
      expectAll((id) => held[id]?.note, notes)
    }
    return { ...figures, bytes }
  },
})
