"""Who is online, looking or there: short leases in Redis, gone when Redis is."""

from __future__ import annotations

import time

from redis.exceptions import RedisError

from app.lib import redis

# Sockets renew their lease with every heartbeat, each 15 s.
LEASE_SECONDS = 40


def arrive(place: str, who: str) -> bool:
    """Take or renew a lease for `who` at `place` (`account:1`, `conversation:<uuid>`); True when they were not there."""
    try:
        now, key = time.time(), f"presence:{place}"
        pipeline = redis.client().pipeline(transaction=False)
        pipeline.zscore(key, who)
        pipeline.zadd(key, {who: now})
        pipeline.expire(key, LEASE_SECONDS * 2)
        earlier = pipeline.execute()[0]
    except (RedisError, OSError):
        return False
    return earlier is None or earlier < now - LEASE_SECONDS


def leave(place: str, who: str) -> None:
    try:
        redis.client().zrem(f"presence:{place}", who)
    except (RedisError, OSError):
        return


def there(place: str) -> set[str]:
    """Everyone with a live lease."""
    try:
        found = redis.client().zrangebyscore(f"presence:{place}", time.time() - LEASE_SECONDS, "+inf")
    except (RedisError, OSError):
        return set()
    return {who.decode() for who in found}  # type: ignore[union-attr]


def is_there(place: str, who: str) -> bool:
    """Whether one has a live lease."""
    try:
        since = redis.client().zscore(f"presence:{place}", who)
    except (RedisError, OSError):
        return False
    return since is not None and float(since) >= time.time() - LEASE_SECONDS
