// Turso's synchronised database; its server is the program `tursodb … --sync-server`, which the bench starts.

import { connect } from "@tursodatabase/sync"
import { join } from "node:path"
import { expectAll, expectPins, obey, share, timed } from "./lib.mjs"

const [, address, folder] = process.argv.slice(2)
const url = `http://${address}`
const clients = []
let requests = 0
const counting = (to, options) => (requests++, fetch(to, options))

const open = (name) => connect({ path: join(folder, name), url, clientName: name, fetch: counting })
const since = async (work) => {
  const before = requests
  const result = await timed(work)
  return { ...result, requests: requests - before }
}

await obey({
  async seed({ pins }) {
    const db = await open("seed")
    await db.exec(
      "CREATE TABLE IF NOT EXISTS pins (id TEXT PRIMARY KEY, category TEXT, title TEXT, note TEXT, lat REAL, lon REAL)",
    )
    const insert = await db.prepare("INSERT INTO pins VALUES (?, ?, ?, ?, ?, ?)")
    for (let n = 0; n < pins.length; n += 500) {
      await db.exec("BEGIN")
      for (const pin of pins.slice(n, n + 500)) {
        await insert.run(pin.id, pin.category, pin.title, pin.note, pin.lat, pin.lon)
      }
      await db.exec("COMMIT")
      await db.push()
    }
    await db.close()
  },
  async first({ count }) {
    let db
    const figures = await since(async () => {
      db = await open("first")
      await db.pull()
    })
    clients.push(db)
    expectPins((await (await db.prepare("SELECT count(*) AS n FROM pins")).get()).n, count)
    return figures
  },
  async join({ clients: count }) {
    for (let n = 0; n < count; n++) {
      const db = await open(`client-${n}`)
      await db.pull()
      clients.push(db)
    }
  },
  async again() {
    return since(async () => {
      await clients[0].push()
      await clients[0].pull()
    })
  },
  async edit({ each, notes }) {
    for (const [client, db] of clients.entries()) {
      const update = await db.prepare("UPDATE pins SET note = ? WHERE id = ?")
      for (const { id, note } of share(client, each, notes)) await update.run(note, id)
    }
  },
  async push() {
    return since(async () => void (await Promise.all(clients.map((db) => db.push()))))
  },
  async pull({ notes }) {
    const figures = await since(async () => {
      for (const db of clients) await db.pull()
    })
    for (const db of clients) {
      const rows = await (await db.prepare("SELECT id, note FROM pins")).all()
      const held = new Map(rows.map(({ id, note }) => [id, note]))
      expectAll((id) => held.get(id), notes)
    }
    return figures
  },
})
