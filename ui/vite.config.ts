import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { build, defineConfig, type Plugin, type Rolldown } from "vite";

/** Write under which licences the packages are of which something is built in. */
function licences(): Plugin {
  const found = new Map<string, string>();
  return {
    name: "licences",
    apply: "build",
    generateBundle(_, bundle) {
      for (const part of Object.values(bundle)) {
        for (const id of part.type === "chunk" ? part.moduleIds : []) {
          if (!id.includes("/node_modules/")) continue;
          let place = dirname(id.replace(/^\0|\?.*$/g, ""));
          while (!place.endsWith("node_modules") && !hasName(place)) place = dirname(place);
          if (hasName(place)) found.set(place, told(place));
        }
      }
      this.emitFile({ type: "asset", fileName: "licences.txt", source: [...found.values()].sort().join(`\n${"=".repeat(80)}\n\n`) });
    },
  };
}

function hasName(place: string): boolean {
  const file = join(place, "package.json");
  return existsSync(file) && "name" in JSON.parse(readFileSync(file, "utf8"));
}

function told(place: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(place, "package.json"), "utf8"));
  const text = readdirSync(place).find((file) => /^licen[cs]e/i.test(file));
  return `${name} ${version}, ${license}\n\n${text ? readFileSync(join(place, text), "utf8").trim() : ""}\n`;
}

/** Build into the document what it runs first: its call goes out while the other files are still on their way. */
function early(): Plugin {
  return {
    name: "early",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      async handler(html) {
        const lib = { entry: join(import.meta.dirname, "src/ask.ts"), formats: ["iife" as const], name: "early" };
        const [built] = (await build({ configFile: false, logLevel: "error", build: { lib, write: false, target: "es2023" } })) as Rolldown.RolldownOutput[];
        // Before the styles: what stands behind them waits for them.
        return html.replace("<title>", () => `<script>${built!.output[0].code.trim()}</script>\n<title>`);
      },
    },
  };
}

/** Write the service worker, which knows the names of all files. */
function worker(): Plugin {
  let built = "";
  let source = "";
  return {
    name: "worker",
    apply: "build",
    configResolved: ({ root, build }) => void ([built, source] = [resolve(root, build.outDir), join(root, "worker", "worker.js")]),
    closeBundle: {
      order: "pre",
      handler() {
        const names = readdirSync(built, { recursive: true, encoding: "utf8" }).map((name) => name.replaceAll("\\", "/")).sort();
        const kept = names.filter((name) => /\.(css|js|svg|webmanifest)$/.test(name) && name !== "worker.js");
        const contents = createHash("sha256");
        for (const name of [...kept, "index.html"]) contents.update(name).update(readFileSync(join(built, name)));
        const text = readFileSync(source, "utf8")
          .replace("__FILES__", JSON.stringify(["/", ...kept.map((name) => `/${name}`)]))
          .replace("__VERSION__", contents.digest("hex").slice(0, 16));
        writeFileSync(join(built, "worker.js"), text);
      },
    },
  };
}

/** Put a small form of each text beside it, so that the server never compresses. */
function compressed(): Plugin {
  let built = "";
  return {
    name: "compressed",
    apply: "build",
    configResolved: ({ root, build }) => void (built = resolve(root, build.outDir)),
    closeBundle() {
      for (const name of readdirSync(built, { recursive: true, encoding: "utf8" })) {
        if (!/\.(html|css|js|svg|txt|webmanifest)$/.test(name)) continue;
        const path = join(built, name);
        const text = readFileSync(path);
        writeFileSync(`${path}.br`, brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
        writeFileSync(`${path}.gz`, gzipSync(text, { level: 9 }));
      }
    },
  };
}

// Everything is named by its content and can be kept for ever, but for the document itself.
export default defineConfig({
  plugins: [svelte(), early(), licences(), worker(), compressed()],
  build: {
    outDir: "../src/hourloom/web/static/dist",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    // The frame and Today come in one piece, with all that they need: each request costs more than the bytes that
    // some page spares.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "main", test: /src\/main\.ts$/ }] } } },
  },
  server: { proxy: { "/api": { target: "http://localhost:5600", ws: true } } },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
  resolve: process.env["VITEST"] ? { conditions: ["browser"] } : {},
} as Parameters<typeof defineConfig>[0]);
