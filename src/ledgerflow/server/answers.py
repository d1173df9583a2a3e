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

    `resource` is what it reads or writes. `settings` are its other keys as the file has them, as YAML text. `kind` is
    empty for a step that faults keep out of the graph; its settings are then all that the file says.
    """

    name: str
    kind: str
    role: Literal["read", "transform", "write"]
    takes: list[str]
    after: list[str]
    resource: str | None
    settings: str


RunState = Literal["running", "done", "failed", "stopped"]
"""`stopped`: it was cut off, and is carried on when the flow is run again."""


class RunSummary(Shape):
    """One run in a list. `set_aside` counts rows that were refused with a reason."""

    id: str
    flow: str
    state: RunState
    dry_run: bool
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


class CompanyChoice(Shape):
    """A company that a run can work for; `name` may be empty."""

    id: str
    name: str


class FlowAnswer(Shape):
    """One flow; its steps come in an order in which each follows its inputs, those kept out of it by faults last.

    `companies` are those of the connections it calls: with more than one, a run has to be told which.
    """

    name: str
    file: str
    description: str
    parameters: list[ParameterAnswer]
    steps: list[StepAnswer]
    faults: list[FaultAnswer]
    notes: list[str]
    companies: list[CompanyChoice]


class GivenValues(Shape):
    """Parameters as text and the company to work for; both may be left out."""

    parameters: dict[Name, Annotated[str, StringConstraints(max_length=10_000)]] = Field(default_factory=dict)
    company: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None


class CheckWanted(GivenValues):
    """Ask for a check of the file as it stands now."""


class CheckedStep(Shape):
    """The columns a step gives; None where they show only with the data, and for writes."""

    name: str
    columns: list[ColumnAnswer] | None


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

    `more` says that the step would give further rows; `calls` is what the preview spent. Of the reads in `cut` only
    the first page was read, so that totals over them are not whole.
    """

    step: str
    columns: list[ColumnAnswer]
    rows: list[list[str | None]]
    more: bool
    calls: int
    cut: list[str]
    notes: list[str]


class RunWanted(GivenValues):
    """Ask for a run; `fresh` starts anew instead of carrying on one that stopped, `dry_run` writes nothing."""

    fresh: bool = False
    dry_run: bool = False


class RunStarted(Shape):
    """The run that was begun; it goes on in the background of the server."""

    run: str


class RunStepAnswer(Shape):
    """What a step did so far. `place` is what was written to; a file's is relative to the project.

    `created`, `updated`, `skipped` and `set_aside` count rows of a write into an api. `outcomes_file` tells for each
    row what became of it.
    """

    name: str
    kind: str
    state: Literal["open", "done"]
    rows: int | None
    place: str | None
    created: int
    updated: int
    skipped: int
    set_aside: int
    outcomes_file: str | None


class SetAsideRow(Shape):
    """A row that was refused: its number in the input of the step, counted from 1, why, and what it holds."""

    row: str
    reason: str
    cells: list[str | None]


class SetAsideAnswer(Shape):
    """Rows that a step refused, the first of them at least. `file` holds all; it can be mended and run again."""

    step: str
    file: str
    total: int
    columns: list[str]
    rows: list[SetAsideRow]


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


class LogLine(Shape):
    """One line of a run's log; `step` is empty for the run as a whole."""

    at: datetime
    step: str
    text: str


class RunAnswer(Shape):
    """One run. `tasks` tell what is under way while this server works on it; `tries` counts how often it was begun.

    A dry run writes and sends nothing; its counts are those of its plan.
    """

    id: str
    flow: str
    state: RunState
    dry_run: bool
    started_at: datetime
    ended_at: datetime | None
    tries: int
    parameters: dict[str, str]
    company: str
    steps: list[RunStepAnswer]
    set_aside: list[SetAsideAnswer]
    calls: CallsAnswer
    tasks: list[TaskAnswer]
    notes: list[str]
    log: list[LogLine]
    problem: ProblemAnswer | None


class RunsAnswer(Shape):
    """Runs, newest first; `more` says that there are older ones."""

    runs: list[RunSummary]
    more: bool
