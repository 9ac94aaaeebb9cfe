"""Real duration of an hour's workout through the whole bridge in virtual time.

Run: python -m benchmarks.hour
"""

import logging
import time

import structlog

from tests.scenarios.workout import HOUR_LAPS, digest, traffic


def main() -> None:
    """Print the figures."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    began, used = time.perf_counter(), time.process_time()
    lasted, log = traffic(seed=1, laps=HOUR_LAPS)
    took, cpu = time.perf_counter() - began, time.process_time() - used
    print(f"{lasted:.0f} s of workout took {took:.1f} s, {cpu:.1f} s of them computing")
    print(f"{len(log)} packets and messages, {digest(log)[:16]}")


if __name__ == "__main__":
    main()
