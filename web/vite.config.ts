import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { defineConfig, type Plugin } from "vite";

// The server of `make run`, to which the development server passes on what is not a page: the graph, and files.
const server = `http://127.0.0.1:${process.env["COHORTE_PORT"] ?? 8000}`;
const PASSED_ON = ["/schema", "/healthz", "/insights", "/exports"];

const WEB = import.meta.dirname;

export default defineConfig({
  plugins: [operations(), addresses()],
  build: {
    // One HTML file for each page; what pages share is split off by itself.
    rolldownOptions: { input: { graphiql: "graphiql.html", index: "index.html" } },
    outDir: "dist",
    assetsDir: "assets",
    assetsInlineLimit: 0, // a data: address would need its place in the content security policy
    modulePreload: { polyfill: false }, // browsers that know no modulepreload load modules all the same
    manifest: "files.json", // which files a page loads, for the test of their size
    sourcemap: false,
    chunkSizeWarningLimit: 4_000, // kB, of the editor
  },
  worker: { format: "es" },
  server: { host: "127.0.0.1", proxy: { "/graphql": { target: server, ws: true }, ...Object.fromEntries(PASSED_ON.map((path) => [path, server])) } },
});

/** Keeps the modules of operations current, and writes the views' manifests of trusted documents. */
function operations(): Plugin {
  // In a process of its own: Vite and the generator would not load the same `graphql`.
  const generate = (): void => void execFileSync(process.execPath, ["operations.ts"], { cwd: WEB, stdio: "inherit" });
  return {
    name: "operations",
    buildStart: generate,
    configureServer({ watcher }) {
      const changed = (path: string): void => {
        if (!path.endsWith(".graphql")) return;
        try {
          generate();
        } catch {
          // It has printed what is wrong.
        }
      };
      watcher.on("add", changed).on("change", changed).on("unlink", changed);
    },
    generateBundle() {
      for (const path of globSync(`${WEB}/generated/manifests/*/*.json`)) {
        const fileName = relative(`${WEB}/generated`, path);
        this.emitFile({ type: "asset", fileName, source: readFileSync(path, "utf8") });
      }
    },
  };
}

/** Writes the addresses of the application's pages, which the server answers with the status 200. */
function addresses(): Plugin {
  return {
    name: "addresses",
    generateBundle() {
      const routes = readFileSync(`${WEB}/src/app/routes.ts`, "utf8");
      const paths = [...routes.matchAll(/^ +"(\/[^"]*)": |path: "([^"]*)"/gm)].map(([, one, other]) => one ?? other);
      this.emitFile({ type: "asset", fileName: "addresses.json", source: JSON.stringify(paths) });
    },
  };
}
