"""API tokens: made once, shown once, kept as a hash."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from erp_connectors.companies import Company
from exceptions_app.people.models import ApiToken, User

SCOPES = (
    "inbound:write",
    "documents:write",
    "interchanges:read",
    "interchanges:write",
    "orders:read",
    "cases:read",
    "cases:write",
    "suppliers:read",
    "policies:read",
    "policies:write",
    "kpis:read",
    "history:read",
)
PREFIX_LENGTH = 8
SEEN_EVERY = timedelta(minutes=1)
SHAPE = re.compile(r"rl_(?P<prefix>[0-9a-f]{8})_[A-Za-z0-9_-]{20,100}")


@dataclass(frozen=True, slots=True)
class NewToken:
    """A fresh token. `secret` exists here only: it is not stored."""

    row: ApiToken
    secret: str


def create(
    name: str,
    *,
    company: Company,
    scopes: list[str],
    now: datetime,
    days: int = 365,
    acts_as: User | None = None,
) -> NewToken:
    """Make a token for `company` with `scopes`, valid for `days` from `now`.

    `acts_as` is the person in whose name it may act on cases; without one it only reads and delivers.
    Raises ValueError for an unknown scope.
    """
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown:
        raise ValueError(f"Unknown scope: {', '.join(unknown)}. Known are {', '.join(SCOPES)}.")
    prefix = secrets.token_hex(PREFIX_LENGTH // 2)
    secret = f"rl_{prefix}_{secrets.token_urlsafe(32)}"
    row = ApiToken.objects.create(
        name=name,
        company=company,
        prefix=prefix,
        hashed=_hash(secret),
        scopes=sorted(scopes),
        acts_as=acts_as,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    return NewToken(row, secret)


def find(secret: str, *, now: datetime) -> ApiToken | None:
    """Return the live token with this secret, noting its use once a minute; None if there is none."""
    shape = SHAPE.fullmatch(secret)
    if shape is None:
        return None
    row = ApiToken.objects.select_related("company", "acts_as").filter(prefix=shape["prefix"]).first()
    if row is None or not hmac.compare_digest(row.hashed, _hash(secret)):
        return None
    if row.revoked_at is not None or row.expires_at <= now or (row.acts_as and not row.acts_as.is_active):
        return None
    if row.last_used_at is None or row.last_used_at < now - SEEN_EVERY:
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=now)
    return row


def revoke(row: ApiToken, *, now: datetime) -> bool:
    """Let nobody in with the token any more; False when it was revoked before."""
    return ApiToken.objects.filter(pk=row.pk, revoked_at=None).update(revoked_at=now) > 0


def named(secret: str) -> ApiToken | None:
    """Return the token that a refused secret means by its prefix: expired, revoked, or known by half."""
    shape = SHAPE.fullmatch(secret)
    if shape is None:
        return None
    return ApiToken.objects.select_related("company").filter(prefix=shape["prefix"]).first()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
