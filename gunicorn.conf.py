"""How gunicorn runs the web: a few gevent processes, forked from one that has loaded the whole application."""

# ruff: noqa: E402  # gevent replaces what the modules below would keep the originals of
from gevent import monkey

monkey.patch_all()

from psycogreen.gevent import patch_psycopg

patch_psycopg()

import gc
import resource
from typing import Any

from sqlalchemy.orm import configure_mappers

from app.config import load_settings

settings = load_settings()

bind = settings.bind.split(",")
workers = settings.web_processes
worker_class = "gevent"
# An open page keeps a socket, and every socket keeps a file.
worker_connections = 6000
preload_app = True
control_socket_disable = True
# A page that still has its socket open would hold up the stop for as long.
graceful_timeout = 5
timeout = 60
keepalive = 30
forwarded_allow_ips = "*" if settings.trusted_proxies else ""
loglevel = "warning"


def when_ready(_server: Any) -> None:
    """The application is loaded: kept out of the collector's rounds, its pages stay shared with every process."""
    configure_mappers()
    gc.collect()
    gc.freeze()


_soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (_hard, _hard))
