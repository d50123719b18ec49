// @ts-check
// A new version is offered, never forced in the middle of writing.
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test as base, expect } from './support/test.mjs';
import { Server, WEB, temporaryFolder } from './support/server.mjs';

/** A server whose web app the test may change. */
const test = base.extend({
  server: async ({ seed }, use) => {
    const [folder, web] = [await temporaryFolder(), await temporaryFolder()];
    await cp(WEB, web, { recursive: true });
    const server = await Server.start({ folder, seed, web });
    await use(server);
    await server.remove();
    await rm(web, { recursive: true, force: true });
  },
});

/** Puts a newer version on the server: another page, and a list that says so. @param {string} web */
async function publish(web) {
  const page = join(web, 'index.html');
  await writeFile(page, (await readFile(page, 'utf8')).replace('<body>', '<body data-version="newer">'));
  const worker = join(web, 'service-worker.js');
  const list = await readFile(worker, 'utf8');
  const newer = list.replace(/(\["\/index\.html",")[^"]+/, '$1newerversion');
  expect(newer, 'the list names the page').not.toBe(list);
  await writeFile(worker, newer);
  for (const file of [page, worker]) await rm(`${file}.br`, { force: true });
}

test('a newer version waits until the user takes it', async ({ server, device }) => {
  const app = await device('coordinator');
  await app.keptForOffline();
  await app.open('/contacts/edit/new');
  await app.contactForm.name.fill('Halvt skrevet');
  await publish(server.web);
  await app.page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()));

  const offer = app.page.getByRole('region', { name: 'Ny version er klar' });
  await expect(offer).toBeVisible();
  await expect(app.contactForm.name, 'what is being written is not touched').toHaveValue('Halvt skrevet');
  await expect(app.page.locator('body')).not.toHaveAttribute('data-version', 'newer');
  await offer.getByRole('button', { name: 'Senere' }).click();
  await expect(offer).toHaveCount(0);

  await app.page.reload();
  await expect(offer).toBeVisible();
  await expect(app.page.locator('body'), 'reloading is not taking it').not.toHaveAttribute('data-version', 'newer');
  await offer.getByRole('button', { name: 'Brug den nu' }).click();
  await expect(app.page.locator('body')).toHaveAttribute('data-version', 'newer');
  await expect(app.contactForm.name, 'the draft is there in the newer version').toHaveValue('Halvt skrevet');
});
