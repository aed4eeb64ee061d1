"""How gunicorn runs the web: a few gevent processes, forked from one that has loaded the whole application."""

# ruff: noqa: E402  # gevent replaces what the modules below would keep the originals of
from gevent import monkey

monkey.patch_all()

from psycogreen.gevent import patch_psycopg

patch_psycopg()

import gc
import resource
from typing import Any

import gevent
from gunicorn.workers.ggevent import GeventWorker
from sqlalchemy.orm import configure_mappers

from app.config import load_settings

settings = load_settings()


class Worker(GeventWorker):  # type: ignore[misc]  # gunicorn is published without types
    """Told to end, it first tells the pages with an open socket to come back, which would hold it up otherwise."""

    def handle_exit(self, sig: int, frame: Any) -> None:
        # Not in the signal handler itself: whatever it interrupts may hold the hub's lock.
        gevent.spawn(self.wsgi.extensions["hub"].close_all)
        super().handle_exit(sig, frame)


bind = settings.bind.split(",")
workers = settings.web_processes
worker_class = Worker
# An open page keeps a socket, and every socket keeps a file.
worker_connections = 6000
preload_app = True
control_socket_disable = True
# A page that still has its socket open would hold up the stop for as long.
graceful_timeout = 5
timeout = 60
keepalive = 30
# Headers with an underscore are dropped, for they could pass for others, but for this one of the REST contract.
forwarded_allow_ips = "*"
forwarder_headers = "API_ACCESS_TOKEN"
# TRUSTED_PROXIES says how far X-Forwarded-Proto is believed, not gunicorn.
secure_scheme_headers: dict[str, str] = {}
loglevel = "warning"


def when_ready(_server: Any) -> None:
    """The application is loaded: kept out of the collector's rounds, its pages stay shared with every process."""
    configure_mappers()
    gc.collect()
    gc.freeze()


_soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (_hard, _hard))


def post_fork(_server: Any, _worker: Any) -> None:
    """Thousands of open sockets are a million objects that stay. To go through them all takes a second in which nobody
    hears anything, so it waits until two million more have been made; an ended socket is freed without it.
    """
    gc.set_threshold(5_000, 20, 20)
