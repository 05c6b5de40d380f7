# syntax=docker/dockerfile:1
# A small image of Kvorum that takes the arguments and the environment of Consul's own image:
#
#     docker build -t kvorum .
#     docker run --rm -p 8500:8500 kvorum                                   a dev agent
#     docker run --rm -e CONSUL_BIND_INTERFACE=eth0 kvorum agent -server -bootstrap -client=0.0.0.0

FROM node:20-slim AS build
WORKDIR /kvorum
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY scripts/build.mjs scripts/outside.mjs scripts/image-packages.mjs ./scripts/
COPY src ./src
RUN npm run build && node scripts/image-packages.mjs /image

# slim rather than alpine: the store's native part comes ready-built for glibc on every processor, for musl on one
FROM node:20-slim
RUN groupadd --system kvorum && useradd --system --gid kvorum --no-create-home kvorum \
  && mkdir -p /consul/data /consul/config && chown -R kvorum:kvorum /consul
WORKDIR /kvorum
COPY --from=build /kvorum/package.json ./
COPY --from=build /image/node_modules ./node_modules
COPY --from=build /kvorum/dist ./dist
COPY bin ./bin
COPY docker/entrypoint.sh /usr/local/bin/docker-entrypoint.sh
# both names, so that what was written for Consul's image finds its program
RUN ln -s /kvorum/bin/kvorum /usr/local/bin/kvorum && ln -s /kvorum/bin/kvorum /usr/local/bin/consul
VOLUME /consul/data
# servers among themselves; gossip within and between datacenters; HTTP; DNS
EXPOSE 8300 8301 8301/udp 8302 8302/udp 8500 8600 8600/udp
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["agent", "-dev", "-client=0.0.0.0"]
