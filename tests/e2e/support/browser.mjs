// @ts-check
// Debian's Chromium and the two screens that everything is tested on.

/** Rendering in software, so that the map is drawn on machines without a graphics card; nothing in the background. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--ignore-gpu-blocklist',
  // A name that is not localhost, for what a browser does on an address that is not secure.
  '--host-resolver-rules=MAP trygkort.test 127.0.0.1',
];

export const EXECUTABLE = process.env.TRYGKORT_CHROMIUM ?? '/usr/bin/chromium';
export const LAUNCH = { executablePath: EXECUTABLE, args: ARGUMENTS };

/** @type {{ browserName: 'chromium', launchOptions: object }} */
export const BROWSER = { browserName: 'chromium', launchOptions: LAUNCH };
export const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
export const DESKTOP = { viewport: { width: 1280, height: 800 }, hasTouch: false, isMobile: false };
