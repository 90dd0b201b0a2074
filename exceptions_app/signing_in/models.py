"""Sessions of browsers, with who is signed in there and from where."""

from uuid import uuid4

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models


class BrowserSession(AbstractBaseSession):
    """A session as Django keeps it, and what its person is shown of it.

    `public_id` names it on pages: the key itself would let in whoever reads it. Removing the row ends the
    session with the next request.
    """

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="browser_sessions"
    )
    since = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)
    address = models.CharField(max_length=45, blank=True)
    device = models.CharField(max_length=300, blank=True, help_text="How the browser names itself.")

    class Meta:
        indexes = [models.Index(fields=["person", "expire_date"], name="session_of_person")]

    def __str__(self) -> str:
        return f"{self.person} from {self.address}"
