"""The OpenAPI schema and its page: besides the routes, how one is let in and what an error looks like."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.renderers import TemplateHTMLRenderer

from exceptions_app.api.problems import CONTENT_TYPE

PROBLEM = {
    "type": "object",
    "description": "An error as a problem document (RFC 9457).",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened, and the way out."},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "The place, as a JSON pointer."},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
ANY_ERROR = {
    "description": "An error, as a problem document.",
    "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
METHODS = {"get", "post", "put", "patch", "delete"}


class BearerTokenScheme(OpenApiAuthenticationExtension):
    """Describes the bearer token."""

    target_class = "exceptions_app.api.access.BearerToken"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Return how a token is sent."""
        return {"type": "http", "scheme": "bearer", "description": "Made with `manage.py create_token`."}


def with_problems(result: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Say of every operation that its errors are problem documents."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    for path in result["paths"].values():
        for method, operation in path.items():
            if method in METHODS:
                operation["responses"]["default"] = ANY_ERROR
    return result


class SchemaView(SpectacularAPIView):
    """The schema, open to everybody: it holds no business data."""

    permission_classes = [AllowAny]


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI from our own files; its script is an address of its own, since pages hold no scripts."""

    url_name = "api:schema"
    permission_classes = [AllowAny]
    renderer_classes = [TemplateHTMLRenderer]
    template_name = "api/docs.html"
