// Where the programs are that tests and benchmarks drive, on Linux, macOS and Windows: an environment variable names them, or
// Playwright has installed them, or they are on the PATH or where systems install them.

import { spawnSync } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium, firefox, webkit } from "playwright";

export interface Program {
  /** for errors */
  name: string;
  /** environment variable that names its path */
  variable: string;
  /** names on the PATH, without .exe */
  names?: readonly string[];
  /** paths, the variables of Windows' in them filled in already; those of other systems are not there */
  places?: readonly string[];
  remedy: string;
  /** whether a program that was found will do */
  suits?: (path: string) => boolean;
}

const { env } = process;

/** Folders in which Windows installs programs. */
const windows = (path: string) =>
  [env.ProgramFiles, env["ProgramFiles(x86)"], env.LOCALAPPDATA].map((folder) => join(folder ?? "C:\\", path));
const mac = (name: string, program = name) => `/Applications/${name}.app/Contents/MacOS/${program}`;

export const CHROMIUM: Program = {
  name: "Chromium",
  variable: "CHROMIUM_PATH",
  names: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"],
  places: [
    ...["Google Chrome", "Chromium", "Microsoft Edge"].map((name) => mac(name)),
    ...windows("Google\\Chrome\\Application\\chrome.exe"),
    ...windows("Microsoft\\Edge\\Application\\msedge.exe"),
  ],
  remedy: "npx playwright install chromium, or apt-get install chromium",
};

export const FIREFOX: Program = {
  name: "Firefox",
  variable: "FIREFOX_PATH",
  names: ["firefox-esr", "firefox"],
  places: [mac("Firefox", "firefox"), ...windows("Mozilla Firefox\\firefox.exe")],
  remedy: "npx playwright install firefox, or apt-get install firefox-esr",
};

export const REDIS: Program = {
  name: "Redis",
  variable: "WASM2VEC_REDIS_SERVER",
  names: ["redis-server", "valkey-server"],
  remedy: "apt-get install redis-server",
};

/** WebKitGTK's; without it Playwright's WebKit is used. */
const WEBKIT_REMEDY = "npx playwright install webkit, or apt-get install webkit2gtk-driver xvfb";
export const WEBKIT_DRIVER: Program = {
  name: "WebKit's driver",
  variable: "WEBKIT_DRIVER_PATH",
  names: ["WebKitWebDriver"],
  remedy: WEBKIT_REMEDY,
};
export const WEBKIT: Program = {
  name: "WebKit",
  variable: "WEBKIT_PATH",
  places: ["x86_64", "aarch64"].map((machine) => `/usr/lib/${machine}-linux-gnu/webkit2gtk-4.1/MiniBrowser`),
  remedy: WEBKIT_REMEDY,
};
export const SCREEN: Program = {
  name: "a screen for WebKit",
  variable: "XVFB_PATH",
  names: ["Xvfb"],
  remedy: WEBKIT_REMEDY,
};

/** Debian's packages are of its own Python, which need not be the first on the PATH. */
export const PYTHON: Program = {
  name: "Python with gensim",
  variable: "PYTHON_PATH",
  names: ["python3", "python"],
  places: ["/usr/bin/python3"],
  remedy: "apt-get install python3-gensim, or pip install gensim",
  suits: (path) => spawnSync(path, ["-c", "import gensim"], { stdio: "ignore" }).status === 0,
};

export const FASTTEXT: Program = {
  name: "fastText",
  variable: "FASTTEXT_PATH",
  names: ["fasttext"],
  remedy: "apt-get install fasttext",
};

/** Browsers that Playwright installs for itself, and drives best. */
const OWN = new Map([
  [CHROMIUM, chromium],
  [FIREFOX, firefox],
  [WEBKIT, webkit],
]);

/** Whether there is a program. */
function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The browser that Playwright installed, undefined if there is none, or a variable names another. */
export function ownOf(program: Program): string | undefined {
  if (env[program.variable]) return undefined;
  const path = OWN.get(program)?.executablePath();
  return path !== undefined && isProgram(path) ? path : undefined;
}

/** @throws Error with the remedy if it is not installed: tests never skip one silently */
export function pathOf(program: Program): string {
  const { name, variable, names = [], places = [], remedy, suits = () => true } = program;
  const named = env[variable];
  if (named !== undefined) {
    if (isProgram(named)) return named;
    throw new Error(`${variable} expected the path of ${name}, got "${named}", where there is no program`);
  }
  const endings = process.platform === "win32" ? [".exe", ".cmd"] : [""];
  const onPath = (env.PATH ?? "")
    .split(delimiter)
    .flatMap((folder) => names.flatMap((own) => endings.map((ending) => join(folder, own + ending))));
  const path = ownOf(program) ?? [...onPath, ...places].find((candidate) => isProgram(candidate) && suits(candidate));
  if (path === undefined) throw new Error(`${name} is not installed: ${remedy}, or let ${variable} name its path`);
  return path;
}
