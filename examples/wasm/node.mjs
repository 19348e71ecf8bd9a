// node examples/wasm/node.mjs MODULE: the story of the heap, in node.
import { readFile } from "node:fs/promises";
import { open, story } from "./heap.mjs";

console.log(story(await open(await readFile(process.argv[2]))).join("\n"));
