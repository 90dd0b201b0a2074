"""Lets the shared suites say what an assertion found, as test files do."""

import pytest

pytest.register_assert_rewrite("tests.conformance.connector_suite")
