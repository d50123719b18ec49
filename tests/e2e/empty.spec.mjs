// @ts-check
// The first hour of an area: nothing is in it, and nobody is left wondering.
import { test, expect } from './support/test.mjs';

/** What stands where things will be. @type {Record<'coordinator' | 'resident', [place: 'Actioncard' | 'Kontakter' | 'Områdekort', words: string][]>} */
const WORDS = {
  coordinator: [
    ['Actioncard', 'tilføj et problem, og vælg, hvem der tager sig af det'],
    ['Kontakter', 'tilføj dens kontakter'],
    ['Områdekort', 'Tryk på + for at sætte den første.'],
  ],
  resident: [
    ['Actioncard', 'Når koordinatoren har lagt problemer på actioncardet, står de her'],
    ['Kontakter', 'Når koordinatoren har lagt kontakter ind, står de her'],
    ['Områdekort', 'Her samles områdets ressourcer'],
  ],
};

for (const role of /** @type {const} */ (['coordinator', 'resident'])) {
  test(`an area with nothing in it says what comes next to a ${role}`, async ({ server, device }) => {
    await server.createArea('Prøveparken');
    const app = await device(null);
    await app.join(await server.invite(role, 1, 'Prøveparken'), 'Mona', 0);
    for (const [place, words] of WORDS[role]) {
      await app.goTo(place);
      await expect(app.page.getByText(words)).toBeVisible();
    }
    await expect(app.page.getByText('Tryk på + for at sætte den første.')).toHaveCount(role === 'coordinator' ? 1 : 0);
    await expect(app.page.getByText('Grundkortet er ikke på enheden endnu.'), 'nor why the map is blank').toBeVisible();
  });
}
