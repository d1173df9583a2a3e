"""How a control call says no."""

from typing import Any


class Refused(Exception):
    """A control call that cannot be done: its status, and a body that says why."""

    def __init__(self, status: int, error: str, **more: Any) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error, **more}
