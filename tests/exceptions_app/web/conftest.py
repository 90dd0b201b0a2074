"""What every test of the pages starts with."""

from typing import Any

import pytest
from django.utils.module_loading import import_string


@pytest.fixture
def scene(scene: Any) -> Any:
    """The scene of the module, at ten, with nothing remembered; models are there once the tests run."""
    import_string("tests.exceptions_app.web.scenes.begin")()
    return scene
