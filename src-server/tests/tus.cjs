// Uploads photos with the reference client of the tus protocol, and says in JSON how each attempt went.
//
// node tus.cjs SERVER TOKEN OTHER_TOKEN, with `{photo, hash}` (base 64, hexadecimal) on standard input.

const tus = require("tus-js-client");
const { readFileSync } = require("node:fs");

const [, , server, token, otherToken] = process.argv;
const { photo, hash } = JSON.parse(readFileSync(0, "utf8"));
const bytes = Buffer.from(photo, "base64");
const endpoint = `${server}/api/v1/uploads`;
const bearer = (secret) => ({ Authorization: `Bearer ${secret}` });

/** Runs an upload to its end, or cuts it after so many bytes. */
function run(content, options, cutAfter = Infinity) {
  return new Promise((resolve) => {
    const asked = [];
    const ended = (how) => resolve({ ...how, asked, url: upload.url });
    const upload = new tus.Upload(content, {
      endpoint,
      chunkSize: 1000,
      retryDelays: null,
      storeFingerprintForResuming: false,
      metadata: { hash, filename: "lygte.jpg" },
      headers: bearer(token),
      onBeforeRequest: (request) => void asked.push(request.getMethod()),
      onChunkComplete: (_, sent) => {
        if (sent >= cutAfter && sent < content.length) upload.abort().then(() => ended({ cut: sent }));
      },
      onSuccess: () => ended({ done: true }),
      onError: (error) => ended({ status: error.originalResponse?.getStatus() ?? String(error) }),
      ...options,
    });
    upload.start();
  });
}

async function main() {
  const cut = await run(bytes, {}, 2000);
  const foreign = await run(bytes, { endpoint: null, uploadUrl: cut.url, headers: bearer(otherToken) });
  const resumed = await run(bytes, { uploadUrl: cut.url });
  const again = await run(bytes, { retryDelays: [0, 0] });
  const other = Buffer.from(bytes);
  other[40] ^= 1;
  const wrongHash = await run(other, { metadata: { hash: "0".repeat(64) } });
  const tooLarge = await run(Buffer.alloc(2 * 1024 * 1024 + 1), { metadata: { hash: "1".repeat(64) } });
  const begun = await run(bytes, { metadata: { hash: "2".repeat(64) } }, 1000);
  await tus.Upload.terminate(begun.url, { headers: bearer(token), retryDelays: null });
  const terminated = await run(bytes, { endpoint: null, uploadUrl: begun.url });
  console.log(JSON.stringify({ cut, foreign, resumed, again, wrongHash, tooLarge, terminated }));
}

main();
