"""Ordinary life: people on ordinary treadmills, played against the real `Treadmill` class.

The guard is judged by what it does to people who do nothing wrong, on machines that have nothing
wrong. Run it with `make lives`; see `python -m tests.lives --help`.
"""
