"""A flow: its file, checked with every fault at once, and the graph of its steps."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, Field, ValidationError

from ledgerflow.core.documents import Document, FileModel, Key
from ledgerflow.core.errors import Fault, InputRefused, nearest_name
from ledgerflow.core.expressions import parameter_uses, parse_expression, parse_ordering
from ledgerflow.core.graph import as_circle, in_order, upstream
from ledgerflow.core.names import FileStem
from ledgerflow.core.parameters import COMPANY, PARAMETER_NAME, Parameter, names_in
from ledgerflow.core.step import Step, StepName

StepT = TypeVar("StepT", bound=Step)

_UNNAMED = ""


def _parameter_name(text: str) -> str:
    if not PARAMETER_NAME.fullmatch(text):
        raise ValueError(f"{text!r} cannot name a parameter; use letters, digits and '_', starting with a letter.")
    if text == COMPANY:
        raise ValueError(f"{text!r} is the built-in parameter that holds the run's company; choose another name.")
    return text


class FlowFile(FileModel):
    """`flows/<name>.yaml`."""

    flow: FileStem = Field(description="The flow's name; the same as the file's.")
    description: str = Field(default="", description="A sentence for the people who open it.")
    parameters: dict[Annotated[str, AfterValidator(_parameter_name)], Parameter] = Field(
        default_factory=dict,
        description="Values that may be given when it runs (-p name=value); in SQL they are $name.",
    )
    steps: dict[StepName, dict[str, Any]] = Field(
        min_length=1, description="Its steps by name. One key of each says what it does and names its input."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A flow whose steps hold together. `steps` come in an order in which each follows its inputs."""

    name: str
    description: str
    file: str
    parameters: Mapping[str, Parameter]
    steps: Mapping[str, Step]

    def of(self, kind: type[StepT]) -> dict[str, StepT]:
        """The steps of one class."""
        return {name: step for name, step in self.steps.items() if isinstance(step, kind)}

    def upstream(self, name: str, *, given: Collection[str] = ()) -> tuple[str, ...]:
        """The step and everything it takes rows from, in order; nothing above the steps whose rows are `given`."""
        needed = upstream(name, {other: step.inputs for other, step in self.steps.items() if other not in given})
        return tuple(other for other in self.steps if other in needed)

    def writes_in_order(self) -> tuple[str, ...]:
        """The write steps so that each comes after those it is to follow, otherwise as in the file."""
        waits = {name: step.after for name, step in self.steps.items() if step.role == "write"}
        return tuple(in_order(waits)[0])


@dataclass(slots=True, kw_only=True)
class FlowDraft:
    """A flow file as far as it can be understood: `flow` has the steps without a fault, `faults` says the rest."""

    document: Document
    flow: Flow
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    used_parameters: set[str] = field(default_factory=set)

    def key_of(self, step: str, *below: str | int) -> Key:
        """The place of a step, or of something in it, in the file."""
        return ("steps", step, *below)

    def add(self, step: str, below: Key, message: str, *, nearest: str | None = None) -> None:
        """One more fault, placed below a step."""
        self.faults.append(self.document.fault(self.key_of(step, *below), message, nearest=nearest))

    def checked(self) -> Flow:
        """The flow.

        Raises:
            InputRefused: with every fault, in the order of the file.
        """
        if not self.faults:
            return self.flow
        raise refused(self.document.file, self.faults)


def refused(file: str, faults: list[Fault]) -> InputRefused:
    """Every fault of one file as one error, in the order of the file."""
    ordered = sorted(dict.fromkeys(faults), key=lambda fault: fault.line or 0)
    what = ordered[0].text if len(ordered) == 1 else f"{len(ordered)} faults in {file}"
    place = f"{file}, line {ordered[0].line}" if ordered[0].line else file
    return InputRefused(what, where=place, next_step=f"Edit {file}, then run `ledgerflow flow check`.", faults=ordered)


def read_flow(
    document: Document, *, kinds: Mapping[str, type[Step]], shared_parameters: Collection[str] = ()
) -> FlowDraft:
    """What `document` says, with every fault that shows without the project's connections and data.

    `kinds` are the step classes by kind; `shared_parameters` are names that the project gives values to.

    Raises:
        InputRefused: what is there cannot even be taken apart into steps.
    """
    file, faults = _outer_form(document)
    draft = FlowDraft(document=document, flow=_flow(document, file, {}), faults=faults)
    stem = PurePosixPath(document.file).stem
    if file.flow not in (stem, _UNNAMED):
        draft.faults.append(
            document.fault(("flow",), f"The flow is called {file.flow!r}, but its file is {stem}.yaml.", nearest=stem)
        )
    steps: dict[str, Step] = {}
    for name, settings in file.steps.items():
        step = _read_step(draft, name, settings, kinds)
        if step is not None:
            steps[name] = step
    _check_names(draft, list(file.steps))
    sound = _check_links(draft, steps, file.steps, kinds)
    order, circles = in_order({name: step.inputs for name, step in sound.items()})
    for circle in circles:
        draft.add(circle[0], (sound[circle[0]].kind,), f"These steps wait for each other: {as_circle(circle)}.")
    draft.flow = _flow(document, file, {name: sound[name] for name in order})
    _check_write_order(draft, sound)
    _check_parameters(draft, steps, shared_parameters)
    return draft


def _flow(document: Document, file: FlowFile, steps: Mapping[str, Step]) -> Flow:
    return Flow(
        name=file.flow,
        description=file.description,
        file=document.file,
        parameters=file.parameters,
        steps=steps,
    )


def _outer_form(document: Document) -> tuple[FlowFile, list[Fault]]:
    """The file's outer form; where that has faults, as much of it as is sound, so that the rest is looked at too."""
    data = document.data
    try:
        return FlowFile.model_validate(data), []
    except ValidationError as error:
        faults = document.faults_of(error, FlowFile)
    steps = data.get("steps")
    parameters = data.get("parameters")
    return FlowFile.model_construct(
        flow=data["flow"] if isinstance(data.get("flow"), str) else _UNNAMED,
        description=str(data.get("description", "")),
        parameters={
            name: Parameter.model_construct(type="text", default=None, description="")
            for name in (parameters if isinstance(parameters, dict) else {})
        },
        steps={
            name: settings
            for name, settings in (steps if isinstance(steps, dict) else {}).items()
            if isinstance(name, str) and isinstance(settings, dict)
        },
    ), faults


def _read_step(
    draft: FlowDraft, name: str, settings: Mapping[str, Any], kinds: Mapping[str, type[Step]]
) -> Step | None:
    kind = _kind_of(draft, name, settings, kinds)
    if kind is None:
        return None
    try:
        return kind.model_validate(dict(settings))
    except ValidationError as error:
        draft.faults.extend(draft.document.faults_of(error, kind, under=draft.key_of(name)))
        return None


def _kind_of(
    draft: FlowDraft, name: str, settings: Mapping[str, Any], kinds: Mapping[str, type[Step]]
) -> type[Step] | None:
    named = [key for key in settings if key in kinds]
    whole = [key for key in named if all(other == key or _takes(kinds[key], other) for other in named)]
    if len(whole) == 1:
        return kinds[whole[0]]
    if named:
        listed = " and ".join(repr(key) for key in named)
        draft.add(name, (named[1],), f"{listed} both say what the step does; a step does one thing.")
        return None
    expected = ", ".join(repr(kind) for kind in kinds)
    for key in settings:
        if nearest := nearest_name(str(key), list(kinds)):
            draft.add(name, (key,), f"Unknown kind of step {key!r}; expected one of {expected}.", nearest=nearest)
            return None
    draft.add(name, (), f"No key says what the step does; expected one of {expected}.")
    return None


def _takes(kind: type[Step], key: str) -> bool:
    return any((field.alias or name) == key for name, field in kind.model_fields.items())


def _check_names(draft: FlowDraft, names: list[str]) -> None:
    """SQL names do not differ in letter case alone."""
    first: dict[str, str] = {}
    for name in names:
        other = first.setdefault(name.casefold(), name)
        if other != name:
            draft.add(name, (), f"The steps {other!r} and {name!r} differ in letter case alone; rename one.")


def _check_links(
    draft: FlowDraft, steps: Mapping[str, Step], given: Collection[str], kinds: Mapping[str, type[Step]]
) -> dict[str, Step]:
    """The steps whose inputs are all there; faults for those that are not. Inputs that have faults themselves count
    as there, so that one fault is told once."""
    sound: dict[str, Step] = {}
    sources = [name for name in given if name not in steps or steps[name].role != "write"]
    for name, step in steps.items():
        good = True
        for place, source in _named_inputs(step):
            if source not in given:
                others = [other for other in sources if other != name]
                draft.add(name, place, f"There is no step {source!r}.", nearest=nearest_name(source, others))
                good = False
            elif source in steps and steps[source].role == "write":
                draft.add(name, place, f"{source!r} is a write; nothing can be read from it. Take its input instead.")
                good = False
        if good:
            sound[name] = step
    return sound


def _named_inputs(step: Step) -> Iterator[tuple[Key, str]]:
    many = len(step.inputs) > 1
    for index, source in enumerate(step.inputs):
        yield ((step.kind, index) if many else (step.kind,)), source


def _check_write_order(draft: FlowDraft, steps: Mapping[str, Step]) -> None:
    writes = [name for name, step in steps.items() if step.role == "write"]
    good = True
    for name, step in steps.items():
        for index, other in enumerate(step.after):
            if other not in writes:
                others = [write for write in writes if write != name]
                what = "is not a write" if other in steps else "is no step"
                draft.add(
                    name,
                    ("after", index),
                    f"{other!r} {what}; 'after' names write steps.",
                    nearest=nearest_name(other, others),
                )
                good = False
    if good:
        _, circles = in_order({name: steps[name].after for name in writes})
        for circle in circles:
            draft.add(circle[0], ("after",), f"These writes wait for each other: {as_circle(circle)}.")


def _check_parameters(draft: FlowDraft, steps: Mapping[str, Step], shared: Collection[str]) -> None:
    declared = draft.flow.parameters
    known = [*declared, *shared, COMPANY]
    for name, step in steps.items():
        for key, parameter in _parameters_of(step):
            draft.used_parameters.add(parameter)
            if parameter not in known:
                draft.add(
                    name,
                    key,
                    f"There is no parameter ${parameter}; known: {', '.join('$' + each for each in known)}.",
                    nearest=_with_dollar(nearest_name(parameter, known)),
                )
    unused = [name for name in declared if name not in draft.used_parameters]
    draft.notes.extend(f"The parameter {name!r} is not used." for name in unused)


def _parameters_of(step: Step) -> Iterator[tuple[Key, str]]:
    for expression in step.expressions():
        parse = parse_ordering if expression.use == "ordering" else parse_expression
        for parameter, _ in parameter_uses(parse(expression.text)):
            yield expression.key, parameter
    for key, text in step.texts():
        for parameter in names_in(text):
            yield key, parameter


def _with_dollar(name: str | None) -> str | None:
    return f"${name}" if name else None
