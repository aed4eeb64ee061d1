"""Wake-up calls to the workers: an RQ job that says which queue has work; losing one makes work late, never lost."""

from __future__ import annotations

import logging

from redis.exceptions import RedisError
from rq import Queue as WakeUps

from app.lib import redis
from app.lib.queue import Queue

log = logging.getLogger(__name__)

# As many unanswered calls as a queue may hold: each drains all there is, more of them would only repeat it.
ENOUGH = 2
DRAIN = "workers.drain_queue"


def wake(queue: Queue) -> None:
    """Ask a worker of `queue` to drain it. Never raises: with Redis away the scheduler wakes the queue later."""
    try:
        calls = WakeUps(queue.value, connection=redis.client())
        if calls.count < ENOUGH:
            calls.enqueue(DRAIN, queue.value, result_ttl=0, failure_ttl=0, job_timeout=-1, description=f"drain {queue}")
    except (RedisError, OSError) as error:
        log.warning("could not wake %s, the scheduler will: %s", queue, error)
