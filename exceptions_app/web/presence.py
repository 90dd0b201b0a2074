"""Who else looks at a case right now. Kept in the cache only: losing it loses nothing."""

from datetime import datetime, timedelta

from django.core.cache import cache
from redis.exceptions import RedisError

from exceptions_app.cases.models import Case
from exceptions_app.people.models import User

LOOKING_FOR = timedelta(minutes=1)


def look(case: Case, person: User, *, now: datetime) -> list[str]:
    """Note that `person` looks at the case, and return the names of the others who do, by name.

    Two notes at the same moment may lose one of them; the next one, seconds later, brings it back.
    """
    key, seconds = f"presence:{case.pk}", int(LOOKING_FOR.total_seconds())
    try:
        seen: dict[int, tuple[str, float]] = cache.get(key) or {}
        fresh = {who: at for who, at in seen.items() if now.timestamp() - at[1] <= seconds}
        fresh[person.pk] = (str(person), now.timestamp())
        cache.set(key, fresh, timeout=seconds)
    except RedisError:
        return []
    return sorted(name for who, (name, _at) in fresh.items() if who != person.pk)
