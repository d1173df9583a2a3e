// Makes src/api/schema.ts from src/api/openapi.json; with --check it only compares. The JSON comes from the server.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';

const here = new URL('../src/api/', import.meta.url);
const types = fileURLToPath(new URL('schema.ts', here));
const made = `// Made from openapi.json by \`npm run api\`; not to be edited.\n${astToString(
  await openapiTS(JSON.parse(readFileSync(new URL('openapi.json', here), 'utf8'))),
)}`;
if (!process.argv.includes('--check')) {
  writeFileSync(types, made);
} else if (readFileSync(types, 'utf8') !== made) {
  console.error('src/api/schema.ts does not fit src/api/openapi.json; run `npm run api`.');
  process.exit(1);
}
