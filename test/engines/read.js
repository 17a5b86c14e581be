// What test/7-engines/engines.test.ts runs in each engine: `read.js ENTRY FILE` prints the text of FILE, decompressed by the entry
// point for files, or the error.

const [entry, file] = process.argv.slice(2);
const { readChunks } = await import(entry);

try {
  const chunks = [];
  for await (const chunk of readChunks(file)) chunks.push(chunk);
  process.stdout.write(Buffer.concat(chunks));
} catch (error) {
  console.log(error.message);
}
