// @ts-check
// *Actioncard som skema*: the coordinator ticks who takes what.
import { test, expect } from './support/test.mjs';

test('ticking a cell puts the contact on the card of everyone, and Fortryd takes it off', async ({ device }) => {
  const janitor = await device('staff');
  const desk = await device('coordinator');
  await janitor.card.tile('Dårlig belysning').click();
  await expect(janitor.problem.contact('Ejendomskontoret')).toBeVisible();

  await desk.open('/card/table');
  await desk.table.showWhole();
  const cell = desk.table.cell('Helhedsplanen', 'Dårlig belysning');
  await expect(cell).not.toBeChecked();
  await cell.check({ force: true });
  await expect(desk.message('Helhedsplanen tager nu Dårlig belysning.')).toBeVisible();
  await expect(desk.table.cell('Helhedsplanen', 'Dårlig belysning')).toHaveAccessibleName(/nummer 2$/);
  await expect(janitor.problem.contact('Helhedsplanen')).toBeVisible();

  await desk.undo();
  await expect(desk.table.cell('Helhedsplanen', 'Dårlig belysning')).not.toBeChecked();
  await expect(janitor.problem.contact('Helhedsplanen')).toHaveCount(0);
});

test('the order on the card is the order in the table', async ({ device }) => {
  const desk = await device('coordinator');
  await desk.card.tile('Hærværk').click();
  const names = () => desk.page.getByRole('heading', { level: 3 }).filter({ visible: true }).allInnerTexts();
  await expect.poll(names).toEqual(['Ejendomskontoret', 'SSP/Gadeplanen']);

  await desk.open('/card/table');
  await desk.table.chooseProblem('Hærværk');
  await desk.page.getByRole('button', { name: 'Flyt SSP/Gadeplanen op' }).click();
  await desk.goTo('Actioncard');
  await desk.card.tile('Hærværk').click();
  await expect.poll(names).toEqual(['SSP/Gadeplanen', 'Ejendomskontoret']);
});

test('a janitor reads the card and does not edit it', async ({ app }) => {
  await app.open('/card/table');
  await expect(app.page.getByText('Kun koordinatorer kan rette her')).toBeVisible();
  await expect(app.page.getByRole('checkbox')).toHaveCount(0);
});
