"""Rows of the benchmark's table: a figure, its reference, and their spread."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median, quantiles


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `ratio` is `value` over `floor`; `low` and `high` are the spread of the ratio."""

    section: str
    name: str
    value: float
    unit: str
    floor_name: str = ""
    floor: float | None = None
    low: float | None = None
    high: float | None = None
    target: str = ""
    met: bool | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return None if not self.floor else self.value / self.floor


def spread(values: Sequence[float]) -> tuple[float, float]:
    """Return the quartiles of some values, or the extremes of few."""
    if len(values) < 4:
        return min(values), max(values)
    low, _, high = quantiles(values, n=4)
    return low, high


def percentile(values: Sequence[float], percent: int) -> float:
    """Return a percentile of some values; the maximum of few."""
    return quantiles(values, n=100)[percent - 1] if len(values) > 1 else values[0]


def compared(
    section: str,
    name: str,
    values: Sequence[float],
    floors: Sequence[float],
    unit: str,
    floor_name: str,
    *,
    at_most: float | None = None,
    note: str = "",
) -> Row:
    """Return a row of paired runs: the medians, and the spread of the ratios of the pairs."""
    low, high = spread([v / f for v, f in zip(values, floors, strict=True)])
    value, floor = median(values), median(floors)
    target = "" if at_most is None else f"≤ {at_most:g} ×"
    met = None if at_most is None else value / floor <= at_most
    return Row(section, name, value, unit, floor_name, floor, low, high, target, met, note)


def limited(
    section: str, name: str, values: Sequence[float], unit: str, *, at_most: float | None = None
) -> Row:
    """Return a row that is compared with a number instead of a floor."""
    value = median(values)
    target = "" if at_most is None else f"≤ {at_most:g} {unit}"
    met = None if at_most is None else value <= at_most
    low, high = spread(values)
    note = f"{low:.3g} … {high:.3g} {unit}"
    return Row(section, name, value, unit, target=target, met=met, note=note)


def markdown(rows: Iterable[Row]) -> str:
    """Return the table as in docs/performance.md."""
    lines = [
        "| | figure | value | compared with | ratio (quartiles) | target | met |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        floor = "" if row.floor is None else f"{row.floor_name}: {row.floor:.3g} {row.unit}"
        between = "" if row.low is None else f" ({row.low:.2f} … {row.high:.2f})"
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}{between}"
        met = {None: "", True: "yes", False: "NO"}[row.met]
        value = f"{row.value:.3g} {row.unit}"
        text = row.name if not row.note else f"{row.name} ({row.note})"
        lines.append(
            f"| {row.section} | {text} | {value} | {floor} | {ratio} | {row.target} | {met} |"
        )
    return "\n".join(lines) + "\n"


def as_json(rows: Iterable[Row], machine: dict[str, str]) -> str:
    """Return the table as JSON."""
    listed = [{**asdict(row), "ratio": row.ratio} for row in rows]
    return json.dumps({"machine": machine, "rows": listed}, indent=1)


def from_json(text: str) -> tuple[dict[str, str], list[Row]]:
    """Return the machine and the rows written by `as_json`."""
    document = json.loads(text)
    rows = [{k: v for k, v in row.items() if k != "ratio"} for row in document["rows"]]
    return document["machine"], [Row(**row) for row in rows]
