"""What the page's routes take and answer: one model per shape. The page's TypeScript types are made from these."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(min_length=1, max_length=64)]

PREVIEW_ROWS_MOST = 500
"""More rows than this are no preview any more."""


class Shape(BaseModel):
    """Base of all of them: unknown keys are refused, on the way in as on the way out."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FaultAnswer(Shape):
    """One fault of a file. `line` counts from 1; `key` is the dotted path; `nearest` is a name probably meant."""

    file: str
    line: int | None
    key: str
    message: str
    nearest: str | None


class ProblemAnswer(Shape):
    """What went wrong, where, and what to do next. `error` names who acts next."""

    error: str
    what: str
    where: str
    next: str
    faults: list[FaultAnswer]


class ProjectAnswer(Shape):
    """The project that is served. `folder` is its place on the machine of the server."""

    project: str
    description: str
    folder: str
    version: str


class CompanyAnswer(Shape):
    """One authorization of a connection; `until` is None where the provider tells no end.

    `standing`: `connected`, `ends soon` (reconnect before `until`), or `reconnect` (nothing works until somebody does).
    """

    id: str
    name: str
    standing: Literal["connected", "ends soon", "reconnect"]
    explanation: str
    connected_at: datetime
    until: datetime | None


class ConnectionAnswer(Shape):
    """One connection of the project. `connect_path` starts its authorization; None where there is nothing to start.

    `problem` says why its file cannot be used; then only its name is known.
    """

    name: str
    file: str
    api: str
    provider: str | None
    base_url: str
    security: str
    companies: list[CompanyAnswer]
    connect_path: str | None
    warnings: list[str]
    problem: ProblemAnswer | None


class ConnectionsAnswer(Shape):
    """Every connection, by name."""

    connections: list[ConnectionAnswer]


class ColumnAnswer(Shape):
    """A column by name and type, in DuckDB's spelling."""

    name: str
    type: str


class ParameterAnswer(Shape):
    """A value that a run may be given; `default` as text, None: it must be given."""

    name: str
    type: Literal["text", "integer", "decimal", "date", "timestamp", "boolean"]
    default: str | None
    description: str


class StepAnswer(Shape):
    """One step. `takes` are the steps it takes rows from, `after` the writes it waits for.

    `resource` is what it reads or writes. `settings` are its other keys as the file has them, as YAML text.
    """

    name: str
    kind: str
    role: Literal["read", "transform", "write"]
    takes: list[str]
    after: list[str]
    resource: str | None
    settings: str


class RunSummary(Shape):
    """One run in a list. `set_aside` counts rows that were refused with a reason."""

    id: str
    flow: str
    state: Literal["running", "done", "failed", "stopped"]
    started_at: datetime
    ended_at: datetime | None
    set_aside: int


class FlowSummary(Shape):
    """One flow in a list. `faults` counts what its file has to have mended before it can run."""

    name: str
    file: str
    description: str
    reads: list[str]
    writes: list[str]
    steps: int
    faults: int
    last_run: RunSummary | None


class FlowsAnswer(Shape):
    """Every flow, by name."""

    flows: list[FlowSummary]


class FlowAnswer(Shape):
    """One flow; its steps come in an order in which each follows its inputs.

    `companies` are those that a run can be told to work for, where there are several to choose from.
    """

    name: str
    file: str
    description: str
    parameters: list[ParameterAnswer]
    steps: list[StepAnswer]
    faults: list[FaultAnswer]
    notes: list[str]
    companies: list[str]


class GivenValues(Shape):
    """Parameters as text and the company to work for; both may be left out."""

    parameters: dict[Name, Annotated[str, StringConstraints(max_length=10_000)]] = Field(default_factory=dict)
    company: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None


class CheckWanted(GivenValues):
    """Ask for a check of the file as it stands now."""


class CheckedStep(Shape):
    """The columns a step gives, as far as they are known without reading."""

    name: str
    columns: list[ColumnAnswer]


class CheckAnswer(Shape):
    """Whether a flow can run; a check spends no call. `sound` means that there is no fault."""

    sound: bool
    faults: list[FaultAnswer]
    notes: list[str]
    steps: list[CheckedStep]


class PreviewWanted(GivenValues):
    """Ask for the first rows of a step."""

    step: Name
    rows: int = Field(default=50, ge=1, le=PREVIEW_ROWS_MOST)


class PreviewAnswer(Shape):
    """The first rows of a step, each cell as text exactly as it is (money keeps every digit); None is no value.

    `more` says that the step would give further rows; `calls` is what the preview spent.
    """

    step: str
    columns: list[ColumnAnswer]
    rows: list[list[str | None]]
    more: bool
    calls: int
    notes: list[str]


class RunWanted(GivenValues):
    """Ask for a run; `fresh` starts anew instead of carrying on one that stopped."""

    fresh: bool = False


class RunStarted(Shape):
    """The run that was begun; it goes on in the background of the server."""

    run: str


class RunStepAnswer(Shape):
    """What a step did so far. A file's `place` is relative to the project."""

    name: str
    kind: str
    rows: int | None
    place: str | None
    created: int
    updated: int
    skipped: int
    set_aside: int
    set_aside_file: str | None


class SetAsideRow(Shape):
    """A row that was refused; `row` counts from 1 in the input of the step."""

    step: str
    row: str
    reason: str


class CallsAnswer(Shape):
    """Calls spent, `metered` being those that the provider charges for."""

    metered: int
    unmetered: int
    by_kind: dict[str, int]


class TaskAnswer(Shape):
    """Something under way; `total` is None while nobody knows it."""

    name: str
    unit: str
    done: int
    total: int | None


class RunAnswer(Shape):
    """One run. `tasks` and `notes` tell how it goes while this server works on it.

    `set_aside_more` counts refused rows beyond those listed.
    """

    id: str
    flow: str
    state: Literal["running", "done", "failed", "stopped"]
    started_at: datetime
    ended_at: datetime | None
    parameters: dict[str, str]
    companies: list[str]
    steps: list[RunStepAnswer]
    set_aside: list[SetAsideRow]
    set_aside_more: int
    calls: CallsAnswer
    tasks: list[TaskAnswer]
    notes: list[str]
    problem: ProblemAnswer | None


class RunsAnswer(Shape):
    """Runs, newest first; `more` says that there are older ones."""

    runs: list[RunSummary]
    more: bool
