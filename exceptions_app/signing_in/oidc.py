"""OpenID Connect: sends a browser to the company's identity provider, and reads what it brings back.

The code flow with PKCE. Nothing the provider says is believed before its signature, issuer, audience, age and
nonce are right: allauth's own client trusts the connection instead, and has no nonce (docs/adr).
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

import jwt
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

from erp_connectors.errors import PermanentError, TransientError

#: Signatures that only the provider can make; a shared secret or none at all is no signature of its own.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
REQUIRED = ["iss", "sub", "aud", "exp", "iat", "nonce"]
WAITING = "directory_sign_ins"
#: Under which a session keeps how its person leaves the provider.
WAY_OUT = "directory_way_out"
#: A longer token is not sent along in an address.
LONGEST_HINT = 4000
WAITS_SECONDS = 600
MOST_WAITING = 5
TIMEOUT_SECONDS = 10
LARGEST_ANSWER = 1024 * 1024
#: How far the provider's clock may be off, in seconds.
LEEWAY_SECONDS = 30


class NotBelieved(PermanentError):
    """What came back from the provider proves nothing; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider vouches for: its claims, and where the person wanted to go.

    `token` is the proof, `leaves_by` where the provider ends its session; empty where it says none.
    """

    claims: Mapping[str, Any]
    next_page: str
    token: str = ""
    leaves_by: str = ""

    @property
    def verified_email(self) -> str:
        """The address, if the provider vouches for it; else empty."""
        email = str(self.claims.get("email") or "")
        is_verified = self.claims.get("email_verified") in (True, "true")
        return email if is_verified or settings.OIDC_EMAIL_IS_VERIFIED else ""

    @property
    def has_second_factor(self) -> bool:
        """Whether the provider says that it asked for more than a password."""
        methods = self.claims.get("amr")
        return isinstance(methods, list) and "mfa" in methods


def is_on() -> bool:
    """Say whether a provider is named in the settings."""
    return bool(settings.OIDC_ISSUER and settings.OIDC_CLIENT_ID)


def begin(session: SessionBase, *, redirect_uri: str, next_page: str) -> str:
    """Return where to send the browser, and remember in its session what must come back.

    Raises TransientError when the provider cannot be reached.
    """
    provider = _provider()
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    waiting = dict(list(session.get(WAITING, {}).items())[-MOST_WAITING + 1 :])
    waiting[state] = {"nonce": nonce, "verifier": verifier, "next": next_page, "at": time.time()}
    session[WAITING] = waiting
    asked = {
        "response_type": "code",
        "client_id": settings.OIDC_CLIENT_ID,
        "redirect_uri": redirect_uri,
        "scope": settings.OIDC_SCOPES,
        "state": state,
        "nonce": nonce,
        "code_challenge": _challenge(verifier),
        "code_challenge_method": "S256",
    }
    return f"{provider['authorization_endpoint']}?{urlencode(asked)}"


def finish(session: SessionBase, answer: Mapping[str, str], *, redirect_uri: str) -> Identity:
    """Return whom the provider vouches for, once. Raises NotBelieved, or TransientError when it is away."""
    sent = _taken_back(session, answer.get("state", ""))
    if answer.get("error") or not answer.get("code"):
        raise NotBelieved(f"The provider let nobody in: {answer.get('error', 'no code')[:100]}.")
    provider = _provider()
    if answer.get("iss", provider["issuer"]) != provider["issuer"]:
        raise NotBelieved("The answer is from another provider.")
    tokens = _exchange(provider, answer["code"], verifier=sent["verifier"], redirect_uri=redirect_uri)
    token = str(tokens.get("id_token") or "")
    claims = _believed(provider, token, nonce=sent["nonce"])
    return Identity(claims, str(sent["next"]), token, str(provider.get("end_session_endpoint") or ""))


def remember_way_out(session: SessionBase, identity: Identity) -> None:
    """Keep in the session how its person leaves the provider, where it has a way; nothing is asked later."""
    if _is_of_the_web(identity.leaves_by):
        session[WAY_OUT] = {"leaves_by": identity.leaves_by, "token": identity.token}


def way_out(session: SessionBase, *, back_to: str) -> str:
    """Return where to send the browser to end the provider's session; empty where it opened none here.

    OpenID Connect RP-Initiated Logout 1.0: the provider leads back to `back_to` if it knows that address.
    """
    kept = session.get(WAY_OUT)
    if not kept or not is_on():
        return ""
    said = {"client_id": settings.OIDC_CLIENT_ID, "post_logout_redirect_uri": back_to}
    if len(kept["token"]) <= LONGEST_HINT:
        said["id_token_hint"] = kept["token"]
    place: str = kept["leaves_by"]
    return f"{place}{'&' if '?' in place else '?'}{urlencode(said)}"


def _taken_back(session: SessionBase, state: str) -> dict[str, Any]:
    """Return what was remembered for this state, and forget it."""
    waiting = dict(session.get(WAITING, {}))
    sent: dict[str, Any] | None = waiting.pop(state, None)
    session[WAITING] = waiting
    if sent is None or time.time() - sent["at"] > WAITS_SECONDS:
        raise NotBelieved("This browser did not ask for it, or too long ago.")
    return sent


def _provider() -> dict[str, Any]:
    """Return the provider's own description, which must be of the issuer in the settings."""
    provider = _fetch(Request(f"{settings.OIDC_ISSUER.rstrip('/')}/.well-known/openid-configuration"))
    if provider.get("issuer") != settings.OIDC_ISSUER:
        raise NotBelieved("The provider describes itself as another one than RIGHTLINE_OIDC_ISSUER names.")
    return provider


def _exchange(provider: Mapping[str, Any], code: str, *, verifier: str, redirect_uri: str) -> dict[str, Any]:
    """Return the tokens for a code."""
    sent = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
        "client_id": settings.OIDC_CLIENT_ID,
    }
    headers = {"Accept": "application/json"}
    ways = provider.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if "client_secret_basic" in ways:
        words = f"{settings.OIDC_CLIENT_ID}:{settings.OIDC_CLIENT_SECRET}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(words).decode()}"
    else:
        sent["client_secret"] = settings.OIDC_CLIENT_SECRET
    return _fetch(Request(provider["token_endpoint"], urlencode(sent).encode(), headers))


def _believed(provider: Mapping[str, Any], token: str, *, nonce: str) -> dict[str, Any]:
    """Return the claims of an ID token. Raises NotBelieved unless everything about it is right."""
    try:
        kept = jwt.PyJWKSet.from_dict(_fetch(Request(provider["jwks_uri"])))
        header = jwt.get_unverified_header(token)
        keys = [key for key in kept.keys if header.get("kid") in (None, key.key_id)]
        if len(keys) != 1 or header.get("alg") not in ALGORITHMS:
            raise NotBelieved("The token is signed with a key or in a way that is not the provider's.")
        claims: dict[str, Any] = jwt.decode(
            token,
            keys[0],
            algorithms=[header["alg"]],
            issuer=provider["issuer"],
            audience=settings.OIDC_CLIENT_ID,
            leeway=LEEWAY_SECONDS,
            options={"require": REQUIRED},
        )
    except jwt.PyJWTError as error:
        raise NotBelieved(f"The token proves nothing: {error}.") from error
    if (
        isinstance(claims["aud"], list)
        and len(claims["aud"]) > 1
        and claims.get("azp") != settings.OIDC_CLIENT_ID
    ):
        raise NotBelieved("The token is for several, and was not given to us.")
    if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
        raise NotBelieved("The token is of another sign-in.")
    return claims


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class _NoDetour(HTTPRedirectHandler):
    """A secret goes where the provider said, and nowhere else."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _fetch(request: Request) -> dict[str, Any]:
    """Return the JSON object at an address of the provider. Raises TransientError or NotBelieved."""
    if not _is_of_the_web(request.full_url):
        raise NotBelieved("The provider names an address that is none of the web.")
    try:
        with build_opener(_NoDetour).open(request, timeout=TIMEOUT_SECONDS) as answer:
            said = json.loads(answer.read(LARGEST_ANSWER))
    except ValueError as error:
        raise NotBelieved("The provider answers in no JSON.") from error
    except (URLError, OSError) as error:
        if 400 <= getattr(error, "code", 500) < 500:
            raise NotBelieved(f"The provider refuses: {error}.") from error
        raise TransientError(f"The provider cannot be reached: {error}.") from error
    if not isinstance(said, dict):
        raise NotBelieved("The provider answers in no JSON object.")
    return said


def _is_of_the_web(address: str) -> bool:
    return address.startswith(("https://", "http://"))
