"""How Aliyun refuses a request."""

from typing import Any


class AliyunError(Exception):
    """A request that is refused. Business errors (`isv.…`) come with HTTP 200."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """HTTP *status*, Aliyun's *code* and a sentence."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def to_json(self, request_id: str) -> dict[str, Any]:
        """Return the body."""
        return {"RequestId": request_id, "Code": self.code, "Message": self.message}


def business(code: str, message: str) -> AliyunError:
    """Return a refusal of what was asked for, not of the request."""
    return AliyunError(200, code, message)
