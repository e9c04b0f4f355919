"""Fixtures for every test come from the test kit."""

pytest_plugins = ["server.testing.plugin"]
