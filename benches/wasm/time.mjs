// node benches/wasm/time.mjs ROUNDS REQUESTS MODULE…: how long the requests take on each heap.
//
// Every module first makes the requests with every byte checked, which also lets the engine compile it as well as it
// can. Then the modules take turns. A line for each: the microseconds of the processor's time that each round took, and
// the bytes of the module's memory.
import { readFile } from "node:fs/promises";

const [rounds, requests, ...files] = process.argv.slice(2);
const heaps = [];
for (const file of files) {
  const { instance } = await WebAssembly.instantiate(await readFile(file));
  heaps.push({ file, exports: instance.exports, times: [] });
}

function act({ file, exports }, isThorough) {
  const begun = process.cpuUsage();
  const bad = exports.run(Number(requests), isThorough);
  const { user, system } = process.cpuUsage(begun);
  if (bad !== 0) throw new Error(`${file}: ${bad} requests were refused, or blocks were broken`);
  return user + system;
}

for (const heap of heaps) act(heap, true);
for (const heap of heaps) act(heap, false);
for (let round = 0; round < Number(rounds); round++) {
  for (const heap of heaps) heap.times.push(act(heap, false));
}
for (const { exports, times } of heaps) {
  console.log(...times, exports.memory.buffer.byteLength);
}
