"""Decides about each document: create, change, skip or refuse. Everything it has to know has been read before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ledgerflow.apis.quickbooks.write.batches import encode
from ledgerflow.apis.quickbooks.write.bodies import Document, Reason
from ledgerflow.apis.quickbooks.write.changes import plan_update
from ledgerflow.apis.quickbooks.write.checks import Duplicates, faults_of
from ledgerflow.apis.quickbooks.write.lookups import Current
from ledgerflow.apis.quickbooks.write.plan import WritePlan
from ledgerflow.apis.quickbooks.write.references import Names, folded, spoken
from ledgerflow.store.journal_entries import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to become of the rows of one document. Only create and update have a body, update has `before` too."""

    rows: tuple[int, ...]
    action: Literal["create", "update", "skip", "refuse"]
    label: str = ""
    target_id: str = ""
    version: str = ""
    reason: str = ""
    code: str = ""
    changes: tuple[Change, ...] = ()
    body: bytes | None = None
    before: bytes | None = None


class CurrentRecords:
    """The records that documents may change, found by Id or by the key of the step."""

    def __init__(self, *, by_id: Sequence[Current], by_key: Sequence[Current], key: str | None) -> None:
        self._by_id = {record.id: [record] for record in by_id}
        self._by_key: dict[str, list[Current]] = {}
        for record in by_key:
            self._by_key.setdefault(folded(str(record.fields.get(key or "", ""))), []).append(record)

    def with_id(self, record_id: str) -> list[Current]:
        return self._by_id.get(record_id, [])

    def with_key(self, value: str) -> list[Current]:
        """Several records may share a key: numbers need not be unique."""
        return self._by_key.get(folded(value), [])


class Decisions:
    """The decisions of one step, made in the order of the documents: the first of several equal ones is taken."""

    def __init__(self, plan: WritePlan, *, existing: Names) -> None:
        """`existing` are the records that a create has to look out for; empty when it does not look."""
        self._plan = plan
        self._entity = plan.entity
        self._existing = existing
        self._duplicates = Duplicates(
            plan.entity,
            numbers_may_repeat=plan.settings.allow_duplicate_numbers,
            grouped=bool(plan.settings.group_by),
        )

    def create(self, document: Document) -> Decision:
        """A new record, unless something speaks against it."""
        key = self._plan.existing_key
        if key is not None and (value := document.body.get(key)) is not None:
            there = [record for record in self._existing.with_name(str(value)) if record.active]
            if there:
                return self._already_there(document, key, there[0].id)
        reasons = [*document.reasons, *faults_of(self._entity, document.body, operation="create")]
        if not reasons and (duplicate := self._duplicates.of_new(document)) is not None:
            reasons.append(duplicate)
        if reasons:
            return self._refused(document, reasons)
        return Decision(
            rows=tuple(document.rows),
            action="create",
            label=self._label(document.body),
            body=encode(document.body),
        )

    def update(self, document: Document, current: CurrentRecords) -> Decision:
        """The change of a record, unless there is nothing to change or something speaks against it."""
        if document.reasons:
            return self._refused(document, document.reasons)
        record_id, key = document.body.get("Id"), self._plan.settings.key
        value = document.body.get(key) if key is not None else None
        if record_id is not None:
            found, called = current.with_id(str(record_id)), f"the Id “{record_id}”"
        elif value is not None:
            found, called = current.with_key(str(value)), f"the {key} “{value}”"
        else:
            needed = "no Id" if key is None else f"neither Id nor {key}"
            return self._refused(document, [Reason(text=f"The row has {needed}, so its record cannot be found.")])
        if not found:
            return self._missing(document, f"There is no {spoken(self._entity.name)} with {called}.")
        if len(found) > 1:
            ids = ", ".join(record.id for record in found)
            return self._refused(
                document, [Reason(text=f"{len(found)} records have {called} (Ids {ids}); give the Id.")]
            )
        return self._change(document, found[0])

    def _change(self, document: Document, there: Current) -> Decision:
        version = str(there.fields.get("SyncToken", ""))
        wanted, key = document.body.get("SyncToken"), self._plan.settings.key
        reasons: list[Reason] = []
        if wanted is not None and str(wanted) != version:
            text = f"The record was changed since it was read: its SyncToken is {version}, the row has {wanted}."
            reasons.append(Reason(text=text, code="5010"))
        # The key found the record, so it is right as it stands there: letter case alone is no change.
        asked = {name: value for name, value in document.body.items() if "Id" in document.body or name != key}
        update = plan_update(self._entity, there.fields, asked)
        if isinstance(update, Reason):
            return self._refused(document, [*reasons, update], there=there)
        if update is not None:
            operation: Literal["sparse", "update"] = "sparse" if update.body.get("sparse") is True else "update"
            reasons.extend(faults_of(self._entity, update.body, operation=operation))
        if not reasons and (duplicate := self._duplicates.of_changed(document, there.id)) is not None:
            reasons.append(duplicate)
        if reasons:
            return self._refused(document, reasons, there=there)
        return Decision(
            rows=tuple(document.rows),
            action="skip" if update is None else "update",
            label=self._label(there.fields),
            target_id=there.id,
            version=version,
            reason="Everything is so already." if update is None else "",
            changes=() if update is None else update.changes,
            body=None if update is None else encode(update.body),
            before=None if update is None else there.raw,
        )

    def _already_there(self, document: Document, key: str, record_id: str) -> Decision:
        reason = f"QuickBooks has a {spoken(self._entity.name)} with the {key} “{document.body[key]}” already."
        if self._plan.settings.on_existing == "set_aside":
            return self._refused(document, [*document.reasons, Reason(text=reason)])
        return Decision(
            rows=tuple(document.rows),
            action="skip",
            label=self._label(document.body),
            target_id=record_id,
            reason=reason,
        )

    def _missing(self, document: Document, reason: str) -> Decision:
        match self._plan.settings.on_missing:
            case "create":
                document.body.pop("Id", None)
                document.body.pop("SyncToken", None)
                return self.create(document)
            case "skip":
                return Decision(
                    rows=tuple(document.rows), action="skip", label=self._label(document.body), reason=reason
                )
            case "set_aside":
                return self._refused(document, [Reason(text=reason)])

    def _refused(self, document: Document, reasons: Sequence[Reason], *, there: Current | None = None) -> Decision:
        return Decision(
            rows=tuple(document.rows),
            action="refuse",
            label=self._label(document.body if there is None else there.fields),
            target_id="" if there is None else there.id,
            reason=" ".join(dict.fromkeys(reason.text for reason in reasons)),
            code=next((reason.code for reason in reasons if reason.code), ""),
        )

    def _label(self, fields: Mapping[str, Any]) -> str:
        name = self._plan.label_field
        value = fields.get(name) if name is not None else None
        return str(value) if value is not None else ""
