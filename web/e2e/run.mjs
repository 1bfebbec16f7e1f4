// Runs the stories of a folder: node run.mjs <folder> [word of a file's name…]. A file in which something failed is run once more,
// since a browser is not always itself: what passes then is named and counted as flaky, and what fails again has failed.
import { readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { run } from "node:test";

const [folder = ".", ...words] = process.argv.slice(2);
const files = readdirSync(folder).filter((f) => f.endsWith(".test.mjs") && words.every((w) => f.includes(w))).map((f) => resolve(join(folder, f)));

/** By file: its tests, and what became of them. */
async function play(some) {
  const played = new Map(some.map((f) => [f, new Map()]));
  const heard = (d, error) => {
    if (d.details?.type === "suite") return;
    const file = d.file ?? d.name, said = error?.cause?.stack ?? error?.stack ?? String(error?.cause ?? error);
    const skipped = d.skip !== undefined && d.skip !== false;
    played.get(file)?.set(d.name, { error: error && said, skipped });
    console.log(`${error ? "not ok" : skipped ? "skipped" : "ok"} ${basename(file)}: ${d.name} (${Math.round(d.details?.duration_ms ?? 0)} ms)${error ? `\n${said}` : ""}`);
  };
  const stream = run({ files: some, concurrency: true, timeout: 600_000, forceExit: true });
  stream.on("test:pass", (d) => heard(d)).on("test:fail", (d) => heard(d, d.details.error));
  for (const said of ["test:stdout", "test:stderr"]) stream.on(said, (d) => process.stdout.write(d.message));
  for await (const _ of stream); // to its end
  return played;
}

const failed = (tests) => [...tests].filter(([, t]) => t.error);
const first = await play(files), broken = files.filter((f) => failed(first.get(f)).length || !first.get(f).size), flaky = [];
for (const file of broken) {
  console.log(`# ${basename(file)} failed, and is run once more`);
  const second = (await play([file])).get(file);
  for (const [name, { error }] of failed(first.get(file))) {
    const again = second.get(name), whole = name === file; // what went wrong outside of any test has the file's name
    if (whole ? second.size && !again : again && !again.error) flaky.push(`flaky: ${basename(file)}: ${name}: ${error.split("\n")[0]}`);
  }
  first.set(file, second);
}
for (const f of flaky) console.log(f);

const all = [...first.values()].flatMap((tests) => [...tests.values()]), silent = [...first.values()].filter((t) => !t.size).length;
const count = (fits) => all.filter(fits).length, lost = count((t) => t.error) + silent;
console.log(`# pass ${count((t) => !t.error && !t.skipped)}\n# fail ${lost}\n# skipped ${count((t) => t.skipped)}\n# flaky ${flaky.length}`);
process.exit(lost ? 1 : 0);
