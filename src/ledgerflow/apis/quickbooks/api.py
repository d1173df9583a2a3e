"""QuickBooks Online as a provider: everything shared code may ask about it, answered in one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ledgerflow.apis.contract import Provider, ReadRequest, SignIn, Source, WriteFault, WriteRequest
from ledgerflow.apis.quickbooks import connecting
from ledgerflow.apis.quickbooks.write.settings import QuickBooksWrite
from ledgerflow.core.calls import Answer, ApiCall, Caller
from ledgerflow.core.connection import ConnectionFile
from ledgerflow.core.destination import Destination
from ledgerflow.core.documents import FileModel
from ledgerflow.core.errors import LedgerflowError
from ledgerflow.core.filling import CallKind
from ledgerflow.core.progress import Progress
from ledgerflow.core.schema import Schema

if TYPE_CHECKING:
    from ledgerflow.store.journal import Journal


class QuickBooks:
    """A `contract.Provider` that also names companies, checks connections and knows hand-made requests.

    Heavy parts load when first used.
    """

    name: str = "quickbooks"
    title: str = "QuickBooks Online"
    servers: Mapping[str, str] = connecting.SERVERS
    sign_in: SignIn | None = connecting.SIGN_IN
    company_parameter: str | None = connecting.COMPANY_PARAMETER
    write_settings: type[FileModel] | None = QuickBooksWrite

    def resources(self) -> tuple[str, ...]:
        from ledgerflow.apis.quickbooks.read import readable_entities

        return readable_entities()

    def has_resource(self, name: str) -> bool:
        from ledgerflow.apis.quickbooks.read import is_readable

        return is_readable(name)

    def source(self, request: ReadRequest, *, where: str) -> Source:
        from ledgerflow.apis.quickbooks.read import EntitySource

        return EntitySource(request, where=where)

    def check_write(
        self, resource: str, settings: Mapping[str, Any], *, columns: Sequence[str], source: Sequence[str] | None
    ) -> Sequence[WriteFault]:
        from ledgerflow.apis.quickbooks.write.plan import check_write, settings_of

        return check_write(resource, settings_of(settings), columns=columns, source=source)

    def writable(self, resource: str, settings: Mapping[str, Any]) -> tuple[str, ...]:
        from ledgerflow.apis.quickbooks.write.plan import settings_of
        from ledgerflow.apis.quickbooks.write.targets import writable_fields
        from qbo_facts import UnknownEntity, entity

        try:
            written = entity(resource)
        except UnknownEntity:
            return ()  # `check_write` says so
        return writable_fields(written, operation=settings_of(settings).operation)

    def destination(
        self, request: WriteRequest, *, caller: Caller, journal: Journal, progress: Progress, where: str
    ) -> Destination:
        from ledgerflow.apis.quickbooks.write.destination import QuickBooksDestination

        return QuickBooksDestination(request, caller=caller, journal=journal, progress=progress, where=where)

    def refusal(self, answer: Answer, *, where: str) -> LedgerflowError | None:
        from ledgerflow.apis.quickbooks.faults import refusal

        return refusal(answer, where=where)

    def definition(self) -> dict[str, Any]:
        from ledgerflow.apis.quickbooks.definition import definition

        return definition()

    def call_kind(self, method: str, path: str, query: Mapping[str, str]) -> CallKind:
        from ledgerflow.apis.quickbooks.requests import call_kind

        return call_kind(method, path, query)

    def records_path(self, path: str, query: Mapping[str, str]) -> str | None:
        from ledgerflow.apis.quickbooks.requests import records_path

        return records_path(path, query)

    def columns(self, path: str, query: Mapping[str, str]) -> Schema | None:
        from ledgerflow.apis.quickbooks.requests import columns

        return columns(path, query)

    def company_name_call(self, company: str) -> ApiCall:
        return connecting.company_name_call(company)

    def company_name(self, answer: Answer) -> str:
        return connecting.company_name(answer)

    def connection_warnings(self, file: ConnectionFile) -> Sequence[str]:
        return connecting.connection_warnings(file)


PROVIDER: Provider = QuickBooks()
