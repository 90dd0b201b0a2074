"""The common ground, and Ada, who may do everything, signed in to the administration."""

from dataclasses import dataclass

from django.test import Client

from tests.builders import factories
from tests.builders.factories import Ground


@dataclass(frozen=True)
class SignedIn:
    """A world, and the browser of its superuser."""

    world: Ground
    client: Client


def ground_with_ada() -> SignedIn:
    """Make the ground, and sign Ada in."""
    world = factories.ground()
    client = Client()
    client.force_login(factories.UserFactory.create(username="ada", is_staff=True, is_superuser=True))
    return SignedIn(world, client)
