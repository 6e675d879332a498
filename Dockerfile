# The operator, the gateway's control plane, the REST API and the command line: one image, one Python package; with it
# the gateway's module and the console's pages.
# docker build -t inferops .
ARG BASE_IMAGE=python:3.11-slim-bookworm
ARG RUST_IMAGE=rust:1.95-slim-bookworm
ARG NODE_IMAGE=node:22-bookworm-slim

# What Envoy loads: for the processor of the image, and with a glibc no newer than that of Envoy's image.
FROM ${RUST_IMAGE} AS module
ARG SSL_CERT_FILE
WORKDIR /gateway
COPY gateway ./
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    cargo build --quiet --release --locked --target-dir=/tmp/target && cp /tmp/target/release/libinferops_gateway.so /

# Pages are built once and served as they lie: there is no Node in the image.
FROM ${NODE_IMAGE} AS console
ARG SSL_CERT_FILE
WORKDIR /console
COPY console/package.json console/package-lock.json ./
RUN --mount=type=cache,target=/var/cache/npm \
    NODE_EXTRA_CA_CERTS="${SSL_CERT_FILE}" npm ci --cache /var/cache/npm --no-audit --no-fund --silent
COPY console ./
RUN npm run --silent build -- --outDir=/dist --emptyOutDir --logLevel=warn

# What uv.lock names, in a layer of its own: a change of our code leaves it alone.
FROM ${BASE_IMAGE} AS dependencies
# For a network with its own certificate authority: paths of files that are mounted while building.
ARG SSL_CERT_FILE
ARG PIP_CERT
ENV PATH=/opt/inferops/.venv/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /opt/inferops
COPY pyproject.toml uv.lock ./
RUN --mount=type=cache,target=/var/cache/pip --mount=type=cache,target=/var/cache/uv \
    python3 -m venv /tools && /tools/bin/pip install --quiet --cache-dir /var/cache/pip uv==0.13.8 \
 && UV_CACHE_DIR=/var/cache/uv UV_LINK_MODE=copy /tools/bin/uv sync --quiet --frozen --no-dev --no-install-project \
    --compile-bytecode --python "$(command -v python3)" \
 && rm -rf /tools /tmp/*.lock

# Our wheel, unpacked as it will stand in the environment. The README is no part of an image.
FROM dependencies AS install
ARG SSL_CERT_FILE
ARG PIP_CERT
RUN --mount=type=cache,target=/var/cache/pip python3 -m venv /tools \
 && /tools/bin/pip install --quiet --cache-dir /var/cache/pip uv==0.13.8 hatchling==1.33.0
COPY LICENSE ./
COPY operator operator
RUN touch README.md && /tools/bin/python -m hatchling build --target wheel --directory /dist \
 && /tools/bin/uv pip install --quiet --offline --no-cache --no-deps --compile-bytecode \
    --python .venv/bin/python --prefix /code /dist/*.whl

FROM dependencies AS runtime
ENV INFEROPS_MODULE=/opt/inferops/libinferops_gateway.so INFEROPS_CONSOLE=/opt/inferops/console
USER 65532:65532
ENTRYPOINT ["inferops"]
COPY --from=module /libinferops_gateway.so ./
COPY --from=console /dist console
COPY --from=install /code .venv
