# One image, both roles:
#   docker run ... bellwether agent     run --config /etc/bellwether/agent.yaml
#   docker run ... bellwether collector run --config /etc/bellwether/collector.yaml
FROM node:24-bookworm-slim AS dependencies
WORKDIR /opt/bellwether
COPY package.json package-lock.json ./
# The image brings the right Node, so the development dependencies (which carry one too) stay out.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends fping ca-certificates tini \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/bellwether
COPY --from=dependencies /opt/bellwether/node_modules node_modules
COPY package.json ./
COPY core core
COPY runtime runtime
COPY launch launch
COPY agent agent
COPY collector collector
COPY console console
COPY config config
COPY packaging/docker/entrypoint.sh /usr/local/bin/bellwether
# Debian gives fping the capability to send ICMP; Docker's default set holds CAP_NET_RAW. Spool and data go to /data.
RUN mkdir /data && chown node:node /data
# Node keeps the compiled code here from the first start on: it is for one processor and one user, so it cannot be made with the image.
RUN install -d -o node -g node -m 700 node_modules/.cache/bellwether
USER node
VOLUME /data
EXPOSE 8086
ENTRYPOINT ["/usr/bin/tini", "--", "/usr/local/bin/bellwether"]
CMD ["--help"]
