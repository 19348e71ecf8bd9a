// What the page and node share: the module, and a story that shows its heap.

/** Instantiates the module. */
export async function open(bytes) {
  const { instance } = await WebAssembly.instantiate(bytes, {});
  return instance.exports;
}

/** The attribute of the heap, and a picture of every chunk. */
export function picture(heap) {
  const address = heap.draw();
  return new TextDecoder().decode(new Uint8Array(heap.memory.buffer, address, heap.drawn()));
}

/** Fills the heap until the engine refuses, and frees it. One line for each step; throws if the heap is not as it should be. */
export function story(heap) {
  const lines = [];
  const say = (line) => {
    if (!heap.check()) throw new Error(`the heap is not as it should be after: ${line}`);
    lines.push(line);
  };
  const kib = () => heap.memory.buffer.byteLength / 1024;
  const before = kib();
  const first = heap.fill(100);
  say(`${first} blocks of 1000 bytes`);
  const full = heap.fill(1 << 20);
  say(`${full} blocks until the engine refuses, at ${kib()} KiB of memory (${before} before)`);
  heap.free(2);
  say(`every second freed: ${Math.round(heap.in_use() / full)} bytes a block are in use`);
  heap.clear();
  const again = heap.fill(1 << 20);
  say(again === full ? "all freed, and as many again" : `all freed, and ${again} again`);
  heap.clear();
  say(`all freed: ${heap.in_use()} bytes are in use`);
  return lines;
}
