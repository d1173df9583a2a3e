// Fails when what a first visit loads has grown beyond its allowance.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const MOST_KB = 500;
const built = fileURLToPath(new URL('../../src/ledgerflow/server/static/', import.meta.url));
const page = readFileSync(`${built}index.html`, 'utf8');
const loaded = readdirSync(`${built}assets`).filter((name) => page.includes(`/assets/${name}`));
if (loaded.length === 0) throw new Error(`${built}index.html loads nothing; was the page built?`);
let sum = 0;
for (const name of loaded) {
  const kB = gzipSync(readFileSync(`${built}assets/${name}`)).length / 1000;
  sum += kB;
  console.log(`${kB.toFixed(1).padStart(8)} kB  ${name}`);
}
console.log(`${sum.toFixed(1).padStart(8)} kB  of at most ${MOST_KB} kB, compressed`);
if (sum > MOST_KB) process.exit(1);
