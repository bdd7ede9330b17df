import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Built files have the same names and bytes on every machine: they are committed, and CI builds them again. */
export default defineConfig({
  base: "./",
  plugins: [react()],
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
