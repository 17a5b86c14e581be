// Puts what the command line is made with into build/vendor, one file for each package, with its licences at its head: an
// installation brings no other package. npm run build

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const PACKAGES = ["commander", "cli-progress"];

for (const name of PACKAGES) {
  const options = {
    entryPoints: [name],
    ...{ bundle: true, format: "esm", platform: "node", target: "es2022", minify: true, logLevel: "warning" },
    outfile: `build/vendor/${name}.js`,
  };
  const { metafile } = await build({ ...options, metafile: true, write: false });
  const folders = new Set(
    Object.keys(metafile.inputs).flatMap((path) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []),
  );
  const notices = [...folders].sort().map(noticeOf).join("\n\n");
  // these packages are CommonJS, and require modules of Node
  const banner = `/*\n${notices}\n*/\nimport { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);`;
  await build({ ...options, banner: { js: banner } });
}

/** Name, version and licence of a package. @throws Error if it has no licence to pass on */
function noticeOf(folder) {
  const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined || !existsSync(join(folder, file)))
    throw new Error(
      `${name}: expected a file of its licence in ${folder}, got none: find its text before it is passed on`,
    );
  return `${name} ${version}\n\n${readFileSync(join(folder, file), "utf8").replaceAll("*/", "* /").trim()}`;
}
