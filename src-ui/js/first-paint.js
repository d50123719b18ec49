// @ts-check
// Theme, text size and language of last time, before anything is drawn: the real settings lie in the database, and a
// flash of white hurts at night. A plain script in the head, because the content policy allows none inside the page.
// src-ui/src/app.rs writes what is read here.
(() => {
  try {
    const look = JSON.parse(localStorage.getItem("trygkort-look") ?? "{}");
    const root = document.documentElement;
    if (look.theme) root.dataset.theme = look.theme;
    if (look.text) root.dataset.text = look.text;
    if (look.lang) root.lang = look.lang;
  } catch {
    // Without storage there is nothing to remember; the page says so itself.
  }
})();
