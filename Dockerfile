# Two images out of one file, both without a compiler, a package manager for Python or a shell account:
#
#   serve    the HTTP service, the camera agent and the doctor: no training, no drawings, no Prefect
#   worker   everything: Prefect's server and worker, the pipeline, the watcher
#
#   docker build --target serve  -t dxfvision-serve  .
#   docker build --target worker -t dxfvision-worker .
#
# It builds with BuildKit and with the builder before it, on amd64 and arm64: every step is plain, and
# wheels of both kinds are published for everything in the locks. pip takes other indexes from build
# arguments of pip's own names (PIP_INDEX_URL, PIP_FIND_LINKS, ...; the older builder wants them named in
# every stage); nothing of them stays in an image.
ARG PYTHON_IMAGE=python:3.11.14-slim-bookworm

# ------------------------------------------------------------------ what both images are built with
FROM ${PYTHON_IMAGE} AS builder
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_FIND_LINKS
ARG PIP_TRUSTED_HOST
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_NO_COMPILE=1 \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
# Without pip in it: what runs later installs nothing.
RUN python -m venv --without-pip /opt/dxfvision
COPY requirements-serve.txt deploy/image/packages.sh ./
RUN pip --python /opt/dxfvision/bin/python install -r requirements-serve.txt \
 && sh packages.sh /opt/dxfvision

FROM builder AS package
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_FIND_LINKS
ARG PIP_TRUSTED_HOST
COPY pyproject.toml README.md LICENSE ./
COPY components components
COPY flows flows
COPY configs configs
COPY models models
RUN pip wheel -q --no-deps --wheel-dir /wheels .

FROM builder AS serve-files
COPY --from=package /wheels /wheels
COPY deploy /build/deploy
RUN pip --python /opt/dxfvision/bin/python install --no-deps /wheels/*.whl \
 && sh deploy/image/finish.sh /opt/dxfvision

# ------------------------------------------------------------------------------ what both images are
FROM ${PYTHON_IMAGE} AS base
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="dxfvision" \
      org.opencontainers.image.description="DXF drawings become a service that finds those parts in pictures" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# A volume starts as a copy of the folder it covers: these belong to the user that runs here, also
# where a folder of drawings is mounted inside.
RUN groupadd --gid 10001 dxfvision \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin dxfvision \
 && install -d -o 10001 -g 10001 /var/lib/dxfvision /var/lib/dxfvision/data \
      /var/lib/dxfvision/data/raw /var/lib/dxfvision/data/raw/dxf_templates \
      /var/lib/dxfvision/data/raw/images /var/lib/dxfvision/configs \
      /var/lib/dxfvision/reports /var/lib/dxfvision/reports/metrics \
 && pip uninstall -q -y --root-user-action=ignore setuptools wheel pip \
 && rm -rf /root/.cache
ENV PATH=/opt/dxfvision/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/tmp \
    LANG=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MALLOC_ARENA_MAX=2 \
    MALLOC_MMAP_THRESHOLD_=4194304 \
    MALLOC_TRIM_THRESHOLD_=33554432 \
    MPLCONFIGDIR=/tmp/matplotlib \
    DO_NOT_TRACK=1 \
    BENTOML_DO_NOT_TRACK=True \
    ORT_DISABLE_TELEMETRY=1 \
    GX_ANALYTICS_ENABLED=false \
    PREFECT_SERVER_ANALYTICS_ENABLED=false \
    PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT=false
# The working directory is the home folder: every verb finds it without --home.
WORKDIR /var/lib/dxfvision
ENTRYPOINT ["with-secrets"]

# ---------------------------------------------------------------------------------------------- serve
FROM base AS serve
COPY --from=serve-files /opt/dxfvision /opt/dxfvision
USER 10001:10001
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["probe", "http://127.0.0.1:3000/readyz"]
CMD ["dxfvision", "serve"]

# --------------------------------------------------------------------------------------------- worker
FROM builder AS worker-packages
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_FIND_LINKS
ARG PIP_TRUSTED_HOST
# PyTorch's CPU build, 200 MB instead of 3 GB; empty where another index or folder holds it.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
COPY requirements-worker.txt ./
RUN pip --python /opt/dxfvision/bin/python install \
      ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} -r requirements-worker.txt \
 && sh packages.sh /opt/dxfvision

FROM worker-packages AS worker-files
COPY --from=package /wheels /wheels
COPY deploy /build/deploy
RUN pip --python /opt/dxfvision/bin/python install --no-deps /wheels/*.whl \
 && sh deploy/image/finish.sh /opt/dxfvision

FROM base AS worker
COPY --from=worker-files /opt/dxfvision /opt/dxfvision
USER 10001:10001
EXPOSE 4200
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["probe", "http://127.0.0.1:8090/health"]
CMD ["dxfvision", "up", "--only", "deploy", "--only", "worker", "--only", "watcher"]
