"""How much one caller may ask in a minute; a cache that is away lets everybody in."""

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from exceptions_app.people.models import ApiToken, User

WINDOW = 60


class CallsPerMinute(BaseThrottle):
    """Counts the calls of a token, a person, or else an address, from the first one for a minute.

    RIGHTLINE_API_CALLS_PER_MINUTE are allowed. The count lives in the cache, so that all web processes share
    it; losing it costs nothing but a minute's count.
    """

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Say whether the caller may go on."""
        key = f"api-calls:{self.caller(request)}"
        try:
            cache.add(key, 0, timeout=WINDOW)
            count = cache.incr(key)
        except ValueError:
            # The minute ended between the two commands.
            return True
        except RedisError:
            return True
        return bool(count <= settings.API_CALLS_PER_MINUTE)

    def wait(self) -> float:
        """Return after how many seconds a new count has certainly begun."""
        return WINDOW

    def caller(self, request: Request) -> str:
        """Return who is counted."""
        if isinstance(request.auth, ApiToken):
            return f"token:{request.auth.pk}"
        if isinstance(request.user, User):
            return f"person:{request.user.pk}"
        return f"address:{request.META.get('REMOTE_ADDR', '')}"
