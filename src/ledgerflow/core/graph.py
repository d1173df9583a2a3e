"""The order of things that wait for each other, and the circles that make an order impossible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def in_order(waits_for: Mapping[str, Iterable[str]]) -> tuple[list[str], list[tuple[str, ...]]]:
    """The names so that each comes after those it waits for, otherwise as given; and the circles, once each.

    A circle is given as its names in the order of waiting, starting with the one that was given first. Names in a
    circle, and those that wait for one, are not in the order. Names that are waited for but not given are ignored.
    """
    left = {name: {other for other in others if other in waits_for} for name, others in waits_for.items()}
    order: list[str] = []
    while ready := next((name for name, others in left.items() if not others), None):
        order.append(ready)
        del left[ready]
        for others in left.values():
            others.discard(ready)
    return order, _circles(left)


def upstream(name: str, waits_for: Mapping[str, Iterable[str]]) -> set[str]:
    """`name` and everything it waits for, directly or not."""
    found: set[str] = set()
    open_names = [name]
    while open_names:
        current = open_names.pop()
        if current not in found:
            found.add(current)
            open_names.extend(waits_for.get(current, ()))
    return found


def _circles(left: Mapping[str, set[str]]) -> list[tuple[str, ...]]:
    circles: list[tuple[str, ...]] = []
    seen: set[str] = set()
    for start in left:
        if start in seen:
            continue
        way = _way_back(start, left)
        if way:
            circles.append(way)
            seen.update(way)
    return circles


def _way_back(start: str, left: Mapping[str, set[str]]) -> tuple[str, ...]:
    """The shortest way from `start` back to itself; empty when there is none."""
    ways: list[tuple[str, ...]] = [(start,)]
    reached: set[str] = set()
    for way in ways:
        for following in sorted(left[way[-1]]):
            if following == start:
                return way
            if following not in reached:
                reached.add(following)
                ways.append((*way, following))
    return ()


def as_circle(names: Sequence[str]) -> str:
    """`a -> b -> a`, as people read it."""
    return " -> ".join([*names, names[0]])
