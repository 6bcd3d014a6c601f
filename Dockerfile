# One image for the router, the four subgraphs and the migrations: the command says which (docker-compose.yml).
# The base is pinned to an exact version; its digest, which only the registry knows, may be added behind it (@sha256:…).
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
COPY . .
# The packages stay linked as they are in the repository: Node runs their TypeScript only outside of node_modules.
# Optional packages (the embedded Postgres, a Node of their own) are for development.
RUN npx --yes pnpm@12.21.0 install --prod --no-optional --frozen-lockfile \
      --filter '!@karcis/testkit' --filter '!@karcis/e2e' --filter '!@karcis/bench' \
  && node --disable-warning=ExperimentalWarning scripts/generate.ts

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production
ENV HOST=0.0.0.0
ENV NODE_OPTIONS=--disable-warning=ExperimentalWarning
WORKDIR /app
COPY --from=build /app ./
USER node
CMD ["node", "router/src/main.ts"]
