import { defineConfig } from "@hey-api/openapi-ts";

// The client is committed, so that building never generates; `npm run generate` writes it anew.
export default defineConfig({
  input: "../docs/openapi.json",
  output: { path: "src/api", clean: true },
  plugins: ["@hey-api/client-fetch", "@hey-api/typescript", "@hey-api/sdk"],
});
