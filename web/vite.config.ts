import { defineConfig } from "vite";

// The server of `make run`, to which the development server passes on what is not a page.
const server = "http://127.0.0.1:8000";

export default defineConfig({
  build: {
    // One HTML file for each page; what pages share is split off by itself.
    rolldownOptions: { input: { graphiql: "graphiql.html" } },
    outDir: "dist",
    assetsDir: "assets",
    assetsInlineLimit: 0, // a data: address would need its place in the content security policy
    modulePreload: { polyfill: false }, // browsers that know no modulepreload load modules all the same
    sourcemap: false,
    chunkSizeWarningLimit: 4_000, // kB, of the editor
  },
  worker: { format: "es" },
  server: { host: "127.0.0.1", proxy: { "/graphql": { target: server, ws: true }, "/schema": server } },
});
