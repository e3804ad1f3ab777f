# The gateway in a container. The first stage builds it, the second has only the program and its dependencies.
# It needs AUTHENTIK_URL: without it, the container shows sample data.
FROM docker.io/library/node:24.21.0-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts/bundle.config.js ./scripts/
COPY src ./src
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM docker.io/library/node:24.21.0-bookworm-slim
WORKDIR /app
COPY package.json schema.graphql subgraph.graphql stitching.graphql LICENSE ./
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
# Inside a container, 127.0.0.1 is the container itself. With a heap of 256 MB, the process keeps within a limit of 512 MB.
ENV HOST=0.0.0.0 NODE_OPTIONS=--max-old-space-size=256
# All files belong to root, and the program writes none: the root file system may be read-only.
USER 65532:65532
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT ?? 4000) + '/readyz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/bin/main.js"]
