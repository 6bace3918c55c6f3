import { defineConfig } from "vite";

// `npm run dev` shows the page from the sources and asks this server for everything else.
const server = process.env["ENTREPOT_URL"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  build: {
    target: "es2022",
    // The content security policy allows neither data: addresses nor inline scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: "licenses.md" },
    rolldownOptions: {
      input: { index: "index.html", graphiql: "graphiql.html" },
      // Libraries say "use client" for servers that render; nothing renders on a server here.
      checks: { moduleLevelDirective: false },
    },
    // GraphiQL's own chunk; no page of ours comes near it.
    chunkSizeWarningLimit: 1500,
  },
  server: {
    proxy: {
      "/graphql": { target: server, ws: true },
      "/auth": server,
      "/api": server,
    },
  },
});
