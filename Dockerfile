# syntax=docker/dockerfile:1
# One image for every role: docker run -v parley:/data -p 3000:3000 --env-file .env parley [all|web|worker|scheduler|mailwatch]

FROM node:22-bookworm-slim AS libraries
WORKDIR /parley
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts

FROM python:3.11-slim-bookworm AS build
WORKDIR /parley
COPY requirements.lock ./
# uv only installs: it does not go into the image.
RUN python -m venv /uv && /uv/bin/pip install --quiet --no-cache-dir uv==0.13.9 \
 && python -m venv .venv \
 && /uv/bin/uv pip install --python .venv/bin/python --no-cache --compile-bytecode -r requirements.lock
COPY --from=libraries /parley/node_modules node_modules
COPY bin/vendor bin/vendor
COPY app/static/icons.txt app/static/channel-icons.svg app/static/
RUN python bin/vendor

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin parley \
 && install --directory --owner=parley --mode=0700 /data
WORKDIR /parley
COPY --from=build /parley/.venv .venv
COPY --from=build /parley/app/static/vendor app/static/vendor
COPY . .
RUN .venv/bin/python -m compileall -q app workers migrations wsgi.py
ENV DATA_DIR=/data PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER parley
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 CMD ["bin/healthy"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["bin/start"]
CMD ["all"]
