"""What a call costs, measured by turns so that a noisy moment hits all alike."""

import time
from collections.abc import Callable, Mapping

Work = Callable[[], object]


def interleaved(
    subjects: Mapping[str, Work], *, calls: int = 2000, rounds: int = 21
) -> dict[str, list[float]]:
    """Microseconds of the processor for one call of each subject, in each round.

    All subjects take their turn in each round, in an order that rotates.
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
