import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const SOURCES = ["index.html", "package-lock.json", "public", "src", "vite.config.ts"];

function filesIn(path: string): string[] {
  return statSync(path).isDirectory() ? readdirSync(path).flatMap((name) => filesIn(`${path}/${name}`)) : [path];
}

/** Lets a test say without Node whether the built files are those of this source. */
function digestOfSources(): Plugin {
  return {
    name: "digest-of-sources",
    generateBundle() {
      const digest = createHash("sha256");
      for (const path of SOURCES.flatMap(filesIn).sort()) digest.update(`${path}\0`).update(readFileSync(join(import.meta.dirname, path))).update("\0");
      this.emitFile({ type: "asset", fileName: "sources.sha256", source: `${digest.digest("hex")}\n` });
    },
  };
}

/** Built files have the same names and bytes on every machine: they are committed, and CI builds them again. */
export default defineConfig({
  base: "./",
  plugins: [react(), digestOfSources()],
  build: {
    outDir: "../assets",
    emptyOutDir: true,
    target: "es2022",
    // The page's policy lets no inline script run.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "[name].js",
        assetFileNames: "[name][extname]",
      },
    },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8700" } },
});
