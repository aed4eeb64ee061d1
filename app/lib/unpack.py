"""Unpacks a compressed HTTP body piece by piece, so that a small answer cannot become a huge one in memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

_PIECE = 64 * 1024
# Either a gzip or a zlib header, found by itself (zlib's manual, inflateInit2).
_ANY_HEADER = 32 + zlib.MAX_WBITS


class Unreadable(Exception):
    """The body is packed in a way that was not asked for, or is damaged."""


def unpacked(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The body in pieces of 64 kB at most, unpacked from `encoding` (gzip and deflate). Raises Unreadable."""
    if encoding.strip().lower() in ("", "identity"):
        yield from chunks
        return
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        raise Unreadable(f"the answer is packed as {encoding[:50]}")
    inflate = zlib.decompressobj(_ANY_HEADER)
    try:
        for chunk in chunks:
            rest = chunk
            while rest:
                yield inflate.decompress(rest, _PIECE)
                rest = inflate.unconsumed_tail
        yield inflate.flush()
    except zlib.error as damaged:
        raise Unreadable(f"the answer is damaged: {damaged}") from damaged
    if not inflate.eof:
        raise Unreadable("the answer is cut short")
