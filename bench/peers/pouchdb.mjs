// PouchDB 9 on LevelDB, and express-pouchdb with its own Express 4 as its server.

import { createRequire } from "node:module"
import { join } from "node:path"
import { expectAll, expectPins, obey, share, timed } from "./lib.mjs"

const require = createRequire(import.meta.url)
const PouchDB = require("pouchdb")
const [role, address, folder] = process.argv.slice(2)

if (role === "serve") {
  const express = require("express")
  const Server = PouchDB.defaults({ prefix: folder + "/" })
  const app = express()
  const options = { mode: "minimumForPouchDB", inMemoryConfig: true, configPath: join(folder, "config.json") }
  app.use("/", require("express-pouchdb")(Server, { ...options, logPath: "/dev/null" }))
  app.listen(Number(address.split(":")[1]), "127.0.0.1", () => console.log("ready"))
} else {
  let requests = 0
  const url = `http://${address}/pins`
  const fetch = (to, options) => (requests++, PouchDB.fetch(to, options))
  const remote = () => new PouchDB(url, { fetch })
  const clients = []

  const since = async (work) => {
    const before = requests
    const result = await timed(work)
    return { ...result, requests: requests - before }
  }
  const join_ = async (count) => {
    for (let n = 0; n < count; n++) {
      const local = new PouchDB(join(folder, `client-${n}`))
      await local.replicate.from(remote())
      // It keeps how far it came for each direction by itself: without this the first push would ask the server about
      // everything that was just read.
      await local.replicate.to(remote())
      clients.push(local)
    }
  }

  await obey({
    async seed({ pins }) {
      const server = remote()
      for (let n = 0; n < pins.length; n += 500) {
        const docs = pins.slice(n, n + 500).map(({ id, ...pin }) => ({ _id: id, ...pin }))
        for (const result of await server.bulkDocs(docs)) if (result.error) throw new Error(result.message)
      }
    },
    async first({ count }) {
      const local = new PouchDB(join(folder, "first"))
      // It opens its files when it is first asked something. Trygkort's are open before the timing as well.
      await local.info()
      const figures = await since(async () => void (await local.replicate.from(remote())))
      clients.push(local)
      expectPins((await local.info()).doc_count, count)
      return figures
    },
    async join({ clients }) {
      await join_(clients)
    },
    async again() {
      return since(async () => void (await clients[0].sync(remote())))
    },
    async edit({ each, notes }) {
      for (const [client, local] of clients.entries()) {
        for (const { id, note } of share(client, each, notes)) await local.put({ ...(await local.get(id)), note })
      }
    },
    async push() {
      return since(async () => void (await Promise.all(clients.map((local) => local.replicate.to(remote())))))
    },
    async pull({ notes }) {
      const figures = await since(async () => {
        for (const local of clients) await local.replicate.from(remote())
      })
      for (const local of clients) {
        const { rows } = await local.allDocs({ include_docs: true })
        const held = new Map(rows.map(({ doc }) => [doc._id, doc.note]))
        expectAll((id) => held.get(id), notes)
      }
      return figures
    },
  })
}
