"""No request brings more than the largest file we take, whoever sends it and however."""

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: a spreadsheet of 10 MiB, and what a form puts around it
MOST_BYTES = 10 * 2**20 + 2**16


class BodyLimit:
    """Answers 413 to what is larger. Plain ASGI: nothing is held, what is announced is not read.

    The route decides first who may call it; only when it asks for the body is the size looked at.
    """

    def __init__(self, app: ASGIApp, most_bytes: int = MOST_BYTES) -> None:
        """Wrap *app*."""
        self._app = app
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as *app* does, which gets an HTTPException where there is too much to read."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        is_large = (
            announced.isascii() and announced.isdecimal() and int(announced[:20]) > self._most_bytes
        )
        read, is_answered = 0, False

        async def receive_so_much() -> Message:
            nonlocal read
            if is_large:
                if is_answered:  # who streams an answer only waits for the other to hang up
                    return {"type": "http.disconnect"}
                raise _too_large()
            message = await receive()
            if message["type"] == "http.request":
                read += len(message.get("body", b""))
                if read > self._most_bytes and not is_answered:
                    raise _too_large()
            return message

        async def send_and_note(message: Message) -> None:
            nonlocal is_answered
            is_answered = is_answered or message["type"] == "http.response.start"
            await send(message)

        await self._app(scope, receive_so_much, send_and_note)


def _too_large() -> HTTPException:
    return HTTPException(413, headers={"Connection": "close"})
