// The last lines of `worker-HASH.js`: the build appends this file to the module that wasm-bindgen wrote for src-web,
// so that starting the worker is all a page has to do. Keep it free of imports.
__wbg_init().catch((error) => self.postMessage({ failed: `the worker could not be started: ${error}` }));
