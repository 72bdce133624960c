# QuantOS in one container, linux/amd64 and linux/arm64 from this one file. `images/build` calls it.
#
#   packages   runs on the machine that builds, also for another architecture: it only fetches the locked wheels
#   quantos    what is shipped: Debian's Python, the wheels, the platform; uid 10001, everything it writes in /data
#
# Optional build secret `ca`: certificates of a proxy. Build arguments: BASE, UV_DEFAULT_INDEX, SOURCE_DATE_EPOCH.

ARG BASE=debian:trixie-slim

FROM --platform=$BUILDPLATFORM ${BASE} AS packages
ARG TARGETARCH
ARG UV_DEFAULT_INDEX
ARG SOURCE_DATE_EPOCH=0
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 UV_NO_CACHE=1 UV_NO_PROGRESS=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
WORKDIR /build
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends python3 python3-venv ca-certificates >/dev/null
COPY requirements-uv.txt ./
RUN --mount=type=secret,id=ca \
    if [ -s /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi \
 && if [ -n "$UV_DEFAULT_INDEX" ]; then export PIP_INDEX_URL="$UV_DEFAULT_INDEX"; fi \
 && python3 -m venv /uv \
 && /uv/bin/pip install --quiet --require-hashes --no-deps --only-binary :all: -r requirements-uv.txt
COPY pyproject.toml uv.lock README.md ./
RUN --mount=type=secret,id=ca \
    if [ -s /run/secrets/ca ]; then export SSL_CERT_FILE=/run/secrets/ca; fi \
 && case "$TARGETARCH" in amd64) machine=x86_64 ;; arm64) machine=aarch64 ;; *) exit 1 ;; esac \
 && /uv/bin/uv export --quiet --frozen --no-default-groups --extra postgres --extra baostock \
      --no-emit-project --no-annotate --no-header --output-file requirements.txt \
 && /uv/bin/uv pip install --quiet --target /opt/quantos/lib --require-hashes --only-binary :all: \
      --python-version 3.13 --python-platform "$machine-manylinux_2_28" -r requirements.txt \
 && find /opt/quantos/lib -depth \( -name tests -o -name test \) -type d -path '*/*/*' -exec rm -rf {} + \
 && cd /opt/quantos/lib && rm -rf bin pyarrow/include pyarrow/includes pyarrow/src pyarrow/*flight* \
      pyarrow/*_s3* pyarrow/*s3fs* pyarrow/*azure* pyarrow/*gcs* pyarrow/*_cpp_tests* pyarrow/*.pyx pyarrow/*.pxi pyarrow/*.pxd
# Libraries carry modules for other Pythons and templates of code: one that cannot be compiled is told, and stays
# as it is. One job, and not as many as there are cores: what a compiler has seen before shows in its output.
RUN python3 -m compileall -q --invalidation-mode unchecked-hash -s /opt/quantos -p /opt/quantos /opt/quantos/lib \
 || echo "Left as source: the modules named above, which are not for this Python"
COPY quantos /opt/quantos/app/quantos
COPY tui /opt/quantos/app/tui
COPY licensing /opt/quantos/app/licensing
COPY strategy_worker /opt/quantos/app/strategy_worker
COPY deploy-kit /opt/quantos/app/deploy-kit
COPY docs /opt/quantos/app/docs
COPY fingerprint.sh install.sh /opt/quantos/app/deploy-kit/
RUN python3 -m compileall -q --invalidation-mode unchecked-hash -s /opt/quantos -p /opt/quantos /opt/quantos/app

FROM ${BASE} AS quantos
ARG VERSION=0
ARG SOURCE_DATE_EPOCH=0
LABEL org.opencontainers.image.title="QuantOS" \
      org.opencontainers.image.description="Self-hosted quant platform for Chinese A-shares" \
      org.opencontainers.image.version="${VERSION}"
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends \
      ca-certificates git gnupg openssh-client python3 tini >/dev/null \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/cache/ldconfig /var/log/apt /var/log/dpkg.log /var/log/alternatives.log \
 && useradd --system --uid 10001 --user-group --home-dir /data --shell /usr/sbin/nologin quantos \
 && install -d -o 10001 -g 10001 -m 0700 /data \
 && printf '#!/bin/sh\nexec python3 -m quantos.cli "$@"\n' >/usr/local/bin/quantos \
 && chmod 0755 /usr/local/bin/quantos \
 && printf '/opt/quantos/app\n/opt/quantos/lib\n' >/usr/lib/python3/dist-packages/quantos.pth
COPY --from=packages /opt/quantos/lib /opt/quantos/lib
COPY --from=packages /opt/quantos/app /opt/quantos/app
# Where the packages are stands in a .pth file and not in PYTHONPATH, which isolated programs (python3 -I) do not read.
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/data \
    XDG_CACHE_HOME=/data/cache \
    QUANTOS_DATA_DIR=/data/quantos \
    QUANTOS_HOST=0.0.0.0
USER 10001:10001
# What was pruned above must not be missed, on either architecture: a part that cannot be loaded ends the build.
RUN python3 -c "import pyarrow.parquet, pyarrow.dataset, pyarrow.compute, pyarrow.csv, pyarrow.ipc, duckdb, numba, uvloop, httptools, psycopg, baostock, pandas, quantos.app, strategy_worker.engine"
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s --retries=3 \
  CMD ["python3", "-c", "import json, urllib.request as r; json.load(r.urlopen('http://127.0.0.1:8000/api/v1/health', timeout=4))"]
ENTRYPOINT ["tini", "--", "quantos"]
CMD ["serve"]
