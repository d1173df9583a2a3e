"""What a refusal of QuickBooks means: an answer becomes the error that names who acts next, in plain words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import msgspec

from ledgerflow.core.calls import Answer
from ledgerflow.core.errors import InputRefused, LedgerflowError, ReconnectNeeded, RecordRefused, RetryLater
from qbo_facts import fault as known_fault

THROTTLE_WAIT_S = 60.0
"""Intuit's advice after a 429; it sends no Retry-After that can be relied on."""
_SERVER_WAIT_S = 5.0
_LONGEST_FAULT_BYTES = 1 << 20
"""No fault is longer; a longer answer is not searched for one."""
_MOST_FAULTS_SHOWN = 3
_GATEWAY = frozenset({"100", "3001", "3100", "3200"})
"""Codes whose message is for machines and whose detail may repeat the token that was sent: the cause stands in."""

_RECONNECT = frozenset({"100", "120", "3100", "3200"})
_LATER = frozenset({"3001", "10000"})
_INPUT = frozenset({"500", "610", "1040", "2030", "4000", "4001", "5020", "6190", "10100"})
"""Codes that concern the request, its id or query, or the company as a whole; the others concern the record sent."""

_FAULT_MARK = re.compile(rb'"[Ff]ault"\s*:\s*\{')
_CONNECTION = re.compile(r"connection ([A-Za-z][A-Za-z0-9_-]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiFault:
    """One fault of an answer, in either of its shapes. `element` is the field it names, empty when it names none."""

    code: str
    message: str
    detail: str
    element: str
    type: str

    @property
    def sentence(self) -> str:
        """The fault for people: QuickBooks' own words, the field, the code."""
        code = self.code.lstrip("0")
        told = explanation(code)[0] if code in _GATEWAY else _joined(self.message, self.detail)
        told = told.rstrip(". ")
        at = f" ({self.element})" if self.element and self.element not in told else ""
        return f"{told}{at} [code {code}]" if code else f"{told}{at}"


def refusal(answer: Answer, *, where: str) -> LedgerflowError | None:
    """The error that an answer means, or None when it is a success.

    A 200 that holds a fault is a refusal too. `where` gets Intuit's id of the call (`intuit_tid`), which its support
    asks for. Source: codes, shapes and causes as gathered in `qbo_facts`.
    """
    success = 200 <= answer.status < 300
    faults = faults_in(answer.body)
    if success and not faults:
        return None
    tid = answer.headers.get("intuit_tid")
    where = f"{where}, intuit_tid {tid}" if tid else where
    if not faults:
        return _by_status(answer, where)
    first = faults[0]
    what = f"QuickBooks refused the call: {'; '.join(one.sentence for one in faults[:_MOST_FAULTS_SHOWN])}."
    if len(faults) > _MOST_FAULTS_SHOWN:
        what += f" And {len(faults) - _MOST_FAULTS_SHOWN} more faults."
    return _error(first, answer.status, what, where)


def faults_in(body: bytes) -> Sequence[ApiFault]:
    """The faults at the top of an answer: capital or small keys, JSON or XML. Faults of batch items are not at the
    top. Empty when there are none."""
    if len(body) > _LONGEST_FAULT_BYTES:
        return ()
    start = body.lstrip()[:1]
    if start == b"<":
        return _xml_faults(body)
    if start != b"{" or not _FAULT_MARK.search(body):
        return ()
    try:
        found = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return ()
    fault = _any_case(found, "fault")
    return tuple(_json_fault(one, fault) for one in _listed(_any_case(fault, "error"))) if fault else ()


def explanation(code: str) -> tuple[str, str]:
    """Why a fault came about and what to do, in plain words; both empty for a code nobody has written about."""
    try:
        known = known_fault(code)
    except KeyError:
        return "", ""
    return known.cause, known.remedy


def _error(fault: ApiFault, status: int, what: str, where: str) -> LedgerflowError:
    code = fault.code.lstrip("0") or fault.code
    cause, remedy = explanation(code)
    if cause and code not in _GATEWAY:
        what = f"{what} {cause}"
    if code == "3001" or status == 429:
        return RetryLater(what, where=where, next_step=remedy or "Wait a minute.", after_s=THROTTLE_WAIT_S)
    if code in _RECONNECT or status in {401, 403} or fault.type.upper().startswith("AUTH"):
        return ReconnectNeeded(what, where=where, next_step=f"{_sentence(remedy)}{_connect_command(where)}")
    if code in _LATER or status >= 500:
        return RetryLater(what, where=where, next_step=remedy or "Try again later.", after_s=_SERVER_WAIT_S)
    if code in _INPUT or 500 <= _number(code) < 600 or not code:
        return InputRefused(what, where=where, next_step=remedy or "Correct the request.")
    if 1 <= _number(code) < 500:
        return ReconnectNeeded(what, where=where, next_step=f"{_sentence(remedy)}{_connect_command(where)}")
    return RecordRefused(what, where=where, next_step=remedy or "Correct the record and send it again.")


def _by_status(answer: Answer, where: str) -> LedgerflowError:
    """The error of an answer that explains nothing itself."""
    status = answer.status
    what = f"QuickBooks answered with HTTP status {status} and no explanation."
    if status == 429:
        return RetryLater(
            "QuickBooks asks for fewer calls (HTTP status 429).",
            where=where,
            next_step="Wait a minute and run it again; if it goes on, look at the month's count of calls.",
            after_s=THROTTLE_WAIT_S,
        )
    if status >= 500:
        return RetryLater(what, where=where, next_step="Try again later.", after_s=_SERVER_WAIT_S)
    if status in {401, 403}:
        return ReconnectNeeded(
            what,
            where=where,
            next_step="Check that sandbox keys go to the sandbox address and production keys to the production "
            f"address, then connect again. {_connect_command(where)}",
        )
    if status == 404:
        return InputRefused(
            "QuickBooks has nothing at this path (HTTP status 404).",
            where=where,
            next_step="Correct the request's path, or base_url in the connection's file.",
        )
    return InputRefused(what, where=where, next_step="Correct the request.")


def _connect_command(where: str) -> str:
    """The command that connects again, for the connection that `where` names."""
    found = _CONNECTION.search(where)
    return f"Run `ledgerflow connect {found[1] if found else 'NAME'}`."


def _json_fault(error: Any, fault: Mapping[str, Any]) -> ApiFault:
    return ApiFault(
        code=_text(_any_case(error, "code")),
        message=_text(_any_case(error, "message")),
        detail=_text(_any_case(error, "detail")),
        element=_text(_any_case(error, "element")),
        type=_text(_any_case(fault, "type")),
    )


def _xml_faults(body: bytes) -> Sequence[ApiFault]:
    if b"Fault" not in body or b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        return ()
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        return ()
    return tuple(
        ApiFault(
            code=error.get("code", ""),
            message=_inner(error, "Message"),
            detail=_inner(error, "Detail"),
            element=error.get("element", ""),
            type=fault.get("type", ""),
        )
        for fault in root.iter()
        if _local(fault.tag) == "Fault"
        for error in fault
        if _local(error.tag) == "Error"
    )


def _inner(error: ElementTree.Element, name: str) -> str:
    return next((" ".join((child.text or "").split()) for child in error if _local(child.tag) == name), "")


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _any_case(found: Any, name: str) -> Any:
    """A value by its key, in whichever letter case the key is written."""
    if not isinstance(found, dict):
        return None
    return next((value for key, value in found.items() if key.lower() == name), None)


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found] if found else []


def _text(value: Any) -> str:
    return "" if value is None else " ".join(str(value).split())


def _joined(message: str, detail: str) -> str:
    """Message and detail, without saying the same twice."""
    if not detail or detail == message:
        return message
    if not message or detail.lower().startswith(message.lower()):
        return detail
    return f"{message}: {detail}"


def _sentence(text: str) -> str:
    return f"{text} " if text else ""


def _number(code: str) -> int:
    return int(code) if code.isdigit() else 0
