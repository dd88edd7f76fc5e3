// Runs the cases of program.rs: `node run.mjs smartcall-wasm.wasm`.
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { WASI } from "node:wasi";

// Each case, and what it says on stderr if it is to panic.
const cases = {
  works: null,
  waits: "cannot wait here: the value is not ready, and this target has no threads",
  sleeps: "cannot start the timer",
  starts: "cannot start a handle in the background",
  executor: "cannot start an executor",
  single: "cannot start a thread",
};

const [, , path] = process.argv;
const module = await WebAssembly.compile(readFileSync(path));
let failed = false;
for (const [name, words] of Object.entries(cases)) {
  const log = `${path}.${name}.log`;
  const stderr = openSync(log, "w");
  const wasi = new WASI({ version: "preview1", args: ["smartcall-wasm", name], stderr, returnOnExit: true });
  const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
  let ended = true;
  try {
    ended = wasi.start(instance) === 0;
  } catch {
    ended = false; // A panic is a trap.
  }
  closeSync(stderr);
  const said = readFileSync(log, "utf8");
  rmSync(log);
  const right = words === null ? ended : !ended && said.includes(words);
  if (!right) console.error(`${name}: ${ended ? "it ended" : "it panicked"}; stderr: ${said}`);
  failed ||= !right;
}
process.exit(failed ? 1 : 0);
