"""The test kit: the real application on real servers, and a fresh platform for every test."""

from server.testing.platform import Result, TestPlatform
from server.testing.statements import count_statements

__all__ = ["Result", "TestPlatform", "count_statements"]
