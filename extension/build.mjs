// Build the extension for Chromium and for Firefox from one source, as directories and as archives.
//
//     node build.mjs [DIRECTORY]     unpacked into DIRECTORY/chromium and DIRECTORY/firefox (default: build)
//     node build.mjs --pack DIST     the same, and DIST/hourloom-{chromium,firefox}.zip

import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { icon } from "./icons.mjs";
import { zip } from "./zip.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const BROWSERS = ["chromium", "firefox"];
const PAGES = ["popup", "options"];
const SIZES = [16, 32, 48, 128];
const GECKO_ID = "extension@hourloom.invalid";

/** Return the manifest for a browser: they differ in what a background is, and in what Firefox wants to know. */
export function manifestFor(browser, version) {
  const icons = Object.fromEntries(SIZES.map((size) => [String(size), `icon-${size}.png`]));
  const common = {
    manifest_version: 3,
    name: "__MSG_name__",
    description: "__MSG_description__",
    version,
    default_locale: "en",
    icons,
    permissions: ["alarms", "storage", "tabs", "webNavigation"],
    // Without a port: Firefox never matches a pattern that has one.
    host_permissions: ["http://127.0.0.1/*"],
    optional_host_permissions: ["http://*/*", "https://*/*"],
    action: { default_popup: "popup.html", default_title: "__MSG_name__", default_icon: icons },
    options_ui: { page: "options.html", open_in_tab: true },
    content_security_policy: { extension_pages: "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src http: https:" },
  };
  if (browser === "chromium") {
    return {
      ...common,
      minimum_chrome_version: "123",
      background: { service_worker: "background.js", type: "module" },
    };
  }
  return {
    ...common,
    background: { scripts: ["background.js"], type: "module" },
    browser_specific_settings: {
      gecko: {
        id: GECKO_ID,
        strict_min_version: "128.0",
        data_collection_permissions: { required: ["browsingActivity"] },
      },
    },
  };
}

async function unpack(directory) {
  const { version } = JSON.parse(await readFile(join(HERE, "package.json"), "utf8"));
  const scripts = await build({
    absWorkingDir: HERE,
    entryPoints: ["background", ...PAGES].map((name) => `src/${name}.ts`),
    bundle: true,
    format: "esm",
    target: ["chrome123", "firefox128"],
    charset: "utf8",
    write: false,
    outdir: directory,
  });
  for (const browser of BROWSERS) {
    const into = join(directory, browser);
    await rm(into, { recursive: true, force: true });
    await mkdir(into, { recursive: true });
    await cp(join(HERE, "static"), into, { recursive: true });
    await cp(join(HERE, "_locales"), join(into, "_locales"), { recursive: true });
    for (const file of scripts.outputFiles) {
      await writeFile(join(into, file.path.split(/[\\/]/).at(-1)), file.contents);
    }
    for (const size of SIZES) await writeFile(join(into, `icon-${size}.png`), icon(size));
    await writeFile(join(into, "manifest.json"), `${JSON.stringify(manifestFor(browser, version), null, 2)}\n`);
  }
}

async function filesIn(directory) {
  const found = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const named = await Promise.all(
    files.map(async (path) => [path.slice(directory.length + 1).replaceAll("\\", "/"), await readFile(path)]),
  );
  return named.sort(([a], [b]) => (a < b ? -1 : 1));
}

const [first, second] = process.argv.slice(2);
const packing = first === "--pack";
const directory = packing || first === undefined ? join(HERE, "build") : first;
await unpack(directory);
if (packing) {
  await mkdir(second, { recursive: true });
  for (const browser of BROWSERS) {
    const path = join(second, `hourloom-${browser}.zip`);
    await writeFile(path, zip(await filesIn(join(directory, browser))));
    console.log(path);
  }
}
