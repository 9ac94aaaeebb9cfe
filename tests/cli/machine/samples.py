"""Configuration files for tests."""

GOOD = '[[treadmills]]\nid = "home"\n'
