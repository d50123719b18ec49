// @ts-check
// The real server and the real web app in Debian's Chromium, on a telephone and on a desk. `cargo xtask test` runs this
// after building both; by hand: `npx playwright test` in this folder, `--project=phone`, `-g "words of a title"`.
import { defineConfig } from '@playwright/test';
import { BROWSER, DESKTOP, PHONE } from './support/browser.mjs';

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.mjs',
  outputDir: 'test-results',
  // Each test has a server of its own, so any two may run beside each other.
  fullyParallel: true,
  workers: 2,
  // A test that only passes when repeated would fail on somebody's machine.
  retries: 0,
  forbidOnly: true,
  timeout: 90_000,
  // Two cores, two browsers, two servers: what a telephone does at once can take seconds here.
  expect: { timeout: 20_000 },
  reporter: [['list']],
  use: {
    ...BROWSER,
    locale: 'da-DK',
    timezoneId: 'Europe/Copenhagen',
    actionTimeout: 20_000,
    navigationTimeout: 30_000,
    screenshot: 'only-on-failure',
    trace: 'off',
  },
  projects: [
    { name: 'phone', use: PHONE },
    { name: 'desktop', use: DESKTOP },
  ],
});
