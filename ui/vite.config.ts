import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const server = process.env['LEDGERFLOW_SERVER'] ?? 'http://127.0.0.1:8050';

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: '../src/ledgerflow/server/static',
    emptyOutDir: true,
    target: ['chrome123', 'firefox121', 'safari17.5'], // the first that know light-dark() in CSS
    license: { fileName: 'licenses.md' }, // of what is bundled, for whoever gets the wheel
    assetsInlineLimit: 0, // nothing becomes a data: address, so the policy of the page need not allow any
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1000, // what counts is the compressed size: scripts/bundle-size.mjs
  },
  server: {
    port: 5173,
    // the server judges Host and Origin, so what comes through the development server is made to look like its own page
    proxy: Object.fromEntries(
      ['/api', '/connect'].map((path) => [path, { target: server, changeOrigin: true, headers: { origin: server } }]),
    ),
  },
  test: {
    environment: 'jsdom',
    setupFiles: ['src/testing/setup.ts'],
    restoreMocks: true,
  },
});
