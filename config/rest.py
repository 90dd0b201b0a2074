"""The API's default answer: no."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

if TYPE_CHECKING:
    # The framework's views import this module while they are being imported.
    from rest_framework.views import APIView


class PermissionMustBeNamed(BasePermission):
    """Denies everybody, so that a view that names no permission classes is closed, not open."""

    message = "This resource names no permission and is closed."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Return False always."""
        return False
