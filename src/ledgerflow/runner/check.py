"""Checks a flow before anything is called: its file, what it names, and every expression against known columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from ledgerflow.core.errors import Fault, InputRefused, nearest_name
from ledgerflow.core.flow import Flow, FlowDraft, read_flow
from ledgerflow.core.parameters import COMPANY, ParameterType, Value, as_literal, as_text, kind_of, parse_value
from ledgerflow.core.project import PROJECT_FILE
from ledgerflow.core.schema import Schema
from ledgerflow.engine.duck import DuckEngine
from ledgerflow.engine.files.contract import LocalFile
from ledgerflow.engine.relation import Relation
from ledgerflow.runner.binding import Binder, Bound
from ledgerflow.runner.targets import ApiRead, ApiWrite, FileRead, FileWrite, Targets
from ledgerflow.runner.workspace import Workspace
from ledgerflow.steps import all_steps
from ledgerflow.steps.read import Read
from ledgerflow.steps.write import Write

if TYPE_CHECKING:
    import duckdb

SQL_TYPES: dict[ParameterType, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "decimal": "DECIMAL(28,9)",
    "date": "DATE",
    "timestamp": "TIMESTAMPTZ",
    "boolean": "BOOLEAN",
}


@dataclass(slots=True, kw_only=True)
class FlowCheck:
    """What a check found. `bound` are the columns of each step, None where they show only with the data.

    `values` are the parameters that have one, `literals` all of them as SQL, null where there is no value yet.
    `relations` are the rows of the local files that it reads.
    """

    draft: FlowDraft
    values: dict[str, Value]
    literals: dict[str, exp.Expr]
    reads: dict[str, FileRead | ApiRead] = field(default_factory=dict)
    writes: dict[str, FileWrite | ApiWrite] = field(default_factory=dict)
    relations: dict[str, Relation] = field(default_factory=dict)
    bound: dict[str, Bound | None] = field(default_factory=dict)

    @property
    def flow(self) -> Flow:
        return self.draft.flow

    @property
    def faults(self) -> list[Fault]:
        return self.draft.faults

    @property
    def notes(self) -> list[str]:
        return list(dict.fromkeys(self.draft.notes))

    @property
    def schemas(self) -> dict[str, Schema]:
        """The columns of the steps whose columns are known."""
        return {name: bound.schema for name, bound in self.bound.items() if bound is not None}

    @property
    def document_steps(self) -> list[str]:
        """The names of all steps in the file, those with faults too."""
        steps = self.draft.document.data.get("steps")
        return [str(name) for name in steps] if isinstance(steps, dict) else []

    def checked(self) -> FlowCheck:
        """The check itself. Raises InputRefused with every fault when there is one."""
        self.draft.checked()
        return self


async def check_flow(
    workspace: Workspace,
    name: str,
    *,
    engine: DuckEngine,
    given: Mapping[str, str],
    company: str | None = None,
    for_work: bool = False,
    limit_rows: int | None = None,
) -> FlowCheck:
    """Everything that can be said of a flow without a call. Faults are in the answer; it does not raise them.

    `given` are parameters as text, `company` the one that was named. With `for_work` the flow is about to be run or
    looked at: every parameter must have a value, and a `$company` that is used stands for the company's id.
    `limit_rows` is asked of api reads, for a preview.

    Raises:
        InputRefused: no such flow, a file that is no YAML, a parameter that is unknown or wrong.
        ReconnectNeeded: `$company` is used, and the connection is not authorized.
    """
    document = workspace.files.read("flow", name)
    shared = workspace.files.settings().parameters
    draft = read_flow(document, kinds=all_steps(), shared_parameters=list(shared))
    if for_work and COMPANY in draft.used_parameters:
        company = _company_id(workspace, draft, company)
    values = parameter_values(draft.flow, shared=shared, given=given, company=company, must_have=for_work)
    check = FlowCheck(draft=draft, values=values, literals=_literals(draft.flow, values))
    targets = Targets(workspace, draft, _texts(check))
    for step_name, step in draft.flow.steps.items():
        if isinstance(step, Read):
            read = targets.read(step_name, step, limit_rows=limit_rows)
            if read is not None:
                check.reads[step_name] = read
        elif isinstance(step, Write):
            write = targets.write(step_name, step)
            if write is not None:
                check.writes[step_name] = write
    targets.check_together(check.writes)
    schemas: dict[str, Schema | None] = {}
    for step_name, read in check.reads.items():
        schemas[step_name] = await _known_columns(check, step_name, read, engine)
    await bind(check, schemas, engine)
    for step_name, write in check.writes.items():
        if isinstance(write, ApiWrite):
            source = check.bound.get(draft.flow.steps[step_name].inputs[0])
            known = source.schema if source is not None else None
            targets.check_api_write(step_name, write, known)
    _note_what_is_not_known(check)
    return check


async def bind(check: FlowCheck, reads: Mapping[str, Schema | None], engine: DuckEngine) -> None:
    """Bind every step against these columns of the reads; faults and columns go into the check."""
    binding = DuckEngine(memory="64MB", threads=1)  # its tables have the names of the steps
    async with binding:
        check.bound = await binding.use(
            lambda connection: Binder(connection, values=check.literals).bind(check.draft, reads)
        )


def parameter_values(
    flow: Flow, *, shared: Mapping[str, object], given: Mapping[str, str], company: str | None, must_have: bool
) -> dict[str, Value]:
    """The value of each parameter that has one: given, else the flow's default, else the project's.

    Raises:
        InputRefused: a given one is unknown or does not fit its type, or one is missing that must be there.
    """
    faults: list[Fault] = []
    known = [*flow.parameters, *shared]
    values: dict[str, Value] = {}
    for name, value in shared.items():
        try:
            values[name] = parse_value(value, kind_of(value))
        except ValueError as error:
            faults.append(Fault(file=PROJECT_FILE, line=None, key=f"parameters.{name}", message=str(error)))
    for name, parameter in flow.parameters.items():
        if parameter.default is not None:
            values[name] = parse_value(parameter.default, parameter.type)
    for name, text in given.items():
        if name not in known:
            listed = ", ".join(known) or "none"
            message = f"{flow.name!r} has no parameter {name!r}; known: {listed}."
            faults.append(Fault(file="-p", line=None, key=name, message=message, nearest=nearest_name(name, known)))
            continue
        kind = flow.parameters[name].type if name in flow.parameters else kind_of(shared[name])
        try:
            values[name] = parse_value(text, kind)
        except ValueError as error:
            faults.append(Fault(file="-p", line=None, key=name, message=str(error)))
    missing = [name for name in flow.parameters if name not in values]
    if must_have:
        faults.extend(
            Fault(file="-p", line=None, key=name, message=f"The parameter {name!r} needs a value.") for name in missing
        )
    if faults:
        raise InputRefused(
            faults[0].text if len(faults) == 1 else f"{len(faults)} parameters are wrong.",
            where=f"parameters of the flow {flow.name}",
            next_step=f"Give them as -p NAME=VALUE; `ledgerflow flow show {flow.name}` lists them.",
            faults=faults,
        )
    if company is not None:
        values[COMPANY] = company
    return values


async def _known_columns(check: FlowCheck, name: str, read: FileRead | ApiRead, engine: DuckEngine) -> Schema | None:
    """The columns of a read step as far as they are known without a call. Local files are looked into."""
    if isinstance(read, ApiRead):
        return read.source.schema

    def relation_in(connection: duckdb.DuckDBPyConnection) -> Relation:
        file = LocalFile(
            path=read.path,
            place=read.place,
            where=f"{check.flow.file}, step {name}",
            table=f"file {name}",
            scratch=engine.scratch,
        )
        return read.format.relation(connection, file, read.settings)

    try:
        relation = await engine.use(relation_in)
    except InputRefused as error:
        settings = type(read.settings).model_fields
        key = next((key for key in settings if key in error.what and key in read.settings.model_fields_set), "read")
        check.draft.add(name, (key,), f"{error.what} {error.next_step}")
        return None
    check.relations[name] = relation
    check.draft.notes.extend(f"{name}: {note}" for note in relation.notes)
    return relation.schema


def _company_id(workspace: Workspace, draft: FlowDraft, wanted: str | None) -> str | None:
    """The id of the company that the first step calls for which names none itself; `wanted` as it is without one."""
    known = workspace.files.names("connection")
    for step in draft.flow.steps.values():
        if isinstance(step, Read | Write) and step.resource.connection in known and step.company is None:
            return workspace.company_for(workspace.connection(step.resource.connection), wanted)
    return wanted


def _texts(check: FlowCheck) -> dict[str, str | None]:
    """The parameters as text, None for those without a value yet."""
    names = [*check.flow.parameters, *check.values, COMPANY]
    return {name: as_text(check.values[name]) if name in check.values else None for name in names}


def _literals(flow: Flow, values: Mapping[str, Value]) -> dict[str, exp.Expr]:
    found = {name: as_literal(value) for name, value in values.items()}
    for name, parameter in flow.parameters.items():
        if name not in found:
            kind = exp.DataType.build(SQL_TYPES[parameter.type], dialect="duckdb")
            found[name] = exp.Cast(this=exp.Null(), to=kind)
    found.setdefault(COMPANY, exp.Cast(this=exp.Null(), to=exp.DataType.build("VARCHAR", dialect="duckdb")))
    return found


def _note_what_is_not_known(check: FlowCheck) -> None:
    for name, read in check.reads.items():
        if isinstance(read, ApiRead) and check.bound.get(name) is None:
            check.draft.notes.append(
                f"The columns of {name!r} show only when it is read, so the steps after it are checked then. "
                "Save the request's layout (`ledgerflow api try ... --save-layout`) to have them checked before."
            )
    for name, bound in check.bound.items():
        step = check.flow.steps[name]
        if bound is None or step.role != "transform":
            continue
        given = {
            column.name.casefold()
            for source in step.inputs
            for column in check.schemas.get(source, Schema(()))
            if column.type in ("DOUBLE", "FLOAT")
        }
        check.draft.notes.extend(
            f"{name}.{column.name} is a floating-point number, which is not exact; "
            "CAST(... AS DECIMAL(18,2)) in its expression makes it exact to the cent."
            for column in bound.schema
            if column.type in ("DOUBLE", "FLOAT") and column.name.casefold() not in given
        )
