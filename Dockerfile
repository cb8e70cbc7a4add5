# ldmrelease as an image: an unprivileged user with a number, a root file system that may be read-only.
# What it writes goes to /var/lib/ldmrelease (a volume: workspace, ledger, mirrors) and /tmp.
#
#   docker build -t ldmrelease .                      with git and ssh, for GitOps places; the base needs apt, or git
#   docker build -t ldmrelease --target runtime .     without, for Kubernetes places alone
#
# BASE is any image with Python >= 3.11 and its venv and pip (pin it by digest for releases), such as a site's own.
ARG BASE=python:3.12-slim-bookworm

# Exactly the pinned distributions, by hash. Neither the tools of the build nor pip reach the image.
FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
COPY requirements requirements
RUN python3 -m venv --without-pip /opt/build \
 && python3 -m venv --without-pip /opt/ldmrelease \
 && python3 -m pip --python /opt/build/bin/python install --require-hashes -r requirements/build.txt \
 && python3 -m pip --python /opt/ldmrelease/bin/python install --require-hashes -r requirements/kubernetes.txt
COPY . .
RUN python3 -m pip --python /opt/build/bin/python wheel --no-deps --no-build-isolation --wheel-dir /wheel . \
 && python3 -m pip --python /opt/ldmrelease/bin/python install --no-deps --no-index /wheel/*.whl

FROM ${BASE} AS runtime
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="ldmrelease" \
      org.opencontainers.image.description="Release management and container promotion, every step bound to image digests" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# ssh refuses a user without an entry here.
RUN echo 'ldmrelease:x:10001:10001::/var/lib/ldmrelease:/usr/sbin/nologin' >> /etc/passwd \
 && echo 'ldmrelease:x:10001:' >> /etc/group \
 && mkdir -p /var/lib/ldmrelease \
 && chown 10001:10001 /var/lib/ldmrelease
COPY --from=build /opt/ldmrelease /opt/ldmrelease
ENV PATH=/opt/ldmrelease/bin:/usr/local/bin:/usr/bin:/bin HOME=/var/lib/ldmrelease PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /var/lib/ldmrelease
VOLUME /var/lib/ldmrelease
ENTRYPOINT ["ldmrelease"]

FROM runtime AS gitops
USER 0:0
RUN if ! command -v git || ! command -v ssh; then \
      apt-get update && apt-get install -y --no-install-recommends git openssh-client && rm -rf /var/lib/apt/lists/*; \
    fi
USER 10001:10001
