"""Files as bodies of requests: read piece by piece, given up as soon as they are too large."""

from fastapi import HTTPException, Request


async def body_of(request: Request, *, most_bytes: int) -> bytes:
    """Return the body; HTTPException 413 as soon as it is known to be larger, 400 when it is empty.

    A length that is announced is believed before a byte is read; a body without one is read until
    it is too much.
    """
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdecimal() and int(announced[:20]) > most_bytes:
        raise HTTPException(413)
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > most_bytes:
            raise HTTPException(413, headers={"Connection": "close"})  # or it would go on for ever
        pieces.append(piece)
    if not size:
        raise HTTPException(400)
    return b"".join(pieces)


def check_type(request: Request, *allowed: str) -> None:
    """Raise HTTPException 415 unless the body says that it is one of these media types."""
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if said not in allowed:
        raise HTTPException(415)
