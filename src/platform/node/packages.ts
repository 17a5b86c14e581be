// Packages that few need, which whoever needs them installs beside this one: loaded when a file asks for them. Each import stands
// in a try of its own: so bundlers take what is installed, and leave out what is not.

/** @throws Error with the command that installs it */
export async function csvParse() {
  try {
    return await import("csv-parse");
  } catch (cause) {
    throw notInstalled(["csv-parse"], "tables (CSV, TSV) are read", cause);
  }
}

/** @throws Error with the command that installs it */
export async function fzstd() {
  try {
    return await import("fzstd");
  } catch (cause) {
    throw notInstalled(["fzstd"], "Zstandard is, before Node 22.15, read", cause);
  }
}

/** @throws Error with the command that installs it */
export async function tinyglobby() {
  try {
    return await import("tinyglobby");
  } catch (cause) {
    throw notInstalled(["tinyglobby"], "patterns of paths (globs) are read", cause);
  }
}

/** @throws Error with the command that installs it */
export async function unbzip2Stream() {
  try {
    return (await import("unbzip2-stream")).default;
  } catch (cause) {
    throw notInstalled(["unbzip2-stream"], "bzip2 is read", cause);
  }
}

/** @param names that are needed together @param what is done by them */
export function notInstalled(names: readonly string[], what: string, cause: unknown): Error {
  const all = names.length > 1 ? "s" : "";
  return new Error(
    `${what} by the package${all} ${names.join(" and ")}, which cannot be loaded here: npm install ${names.join(" ")} ` +
      `(with npx: npx -p wasm2vec ${names.map((name) => `-p ${name}`).join(" ")} wasm2vec …)`,
    { cause },
  );
}
