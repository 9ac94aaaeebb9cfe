"""Cost of calls, measured alternately so that noise affects all equally."""

import time
from collections.abc import Callable, Mapping

Work = Callable[[], object]


def interleaved(
    subjects: Mapping[str, Work], *, calls: int = 2000, rounds: int = 21
) -> dict[str, list[float]]:
    """Return the processor microseconds of one call of each subject, in each round.

    Each round calls all subjects, in rotating order.
    """
    names = list(subjects)
    found: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds + 1):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            work = subjects[name]
            began = time.process_time()
            for _ in range(calls):
                work()
            spent = time.process_time() - began
            if turn:  # the first round warms up
                found[name].append(spent / calls * 1e6)
    return found
