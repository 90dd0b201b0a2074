"""An OpenID Connect provider on this machine that keeps to the rules, and breaks one when it is told to."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

CLIENT, SECRET = "rightline", "a secret between two"
Claims = dict[str, Any]


@cache
def key(of: str) -> RSAPrivateKey:
    """Return a key to sign with; the provider's own, or another one."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def signed(claims: Claims, by: str = "provider") -> str:
    """Return an ID token, signed as the provider signs."""
    return jwt.encode(claims, key(by), algorithm="RS256", headers={"kid": "one"})


@dataclass
class IdentityProvider:
    """Whom it vouches for, and how it is to misbehave.

    `person` is what it says of whoever signs in. `bend` changes the claims before they are signed, `sign`
    stands in for its signature. `asked` are the sign-ins it was asked for, by code; each code is good once.
    """

    issuer: str = ""
    person: Claims = field(default_factory=dict)
    bend: Callable[[Claims], Claims] = dict
    sign: Callable[[Claims], str] = signed
    names_itself: str = ""
    leads_out: bool = True
    left: list[str] = field(default_factory=list)
    asked: dict[str, dict[str, str]] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)

    def description(self) -> Claims:
        """What stands at the well-known address."""
        way_out = {"end_session_endpoint": f"{self.issuer}/logout"} if self.leads_out else {}
        return way_out | {
            "issuer": self.names_itself or self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }

    def keys(self) -> Claims:
        """The public part of its key."""
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key("provider").public_key()))
        return {"keys": [public | {"kid": "one", "alg": "RS256", "use": "sig"}]}

    def authorize(self, asked: dict[str, str]) -> str:
        """Return where it sends a browser whose person said yes. Raises ValueError for a bad request."""
        wrong = [
            name
            for name, is_right in {
                "client_id": asked.get("client_id") == CLIENT,
                "response_type": asked.get("response_type") == "code",
                "scope": "openid" in asked.get("scope", "").split(),
                "code_challenge_method": asked.get("code_challenge_method") == "S256",
                "code_challenge": len(asked.get("code_challenge", "")) == 43,
                "state": len(asked.get("state", "")) > 20,
                "nonce": len(asked.get("nonce", "")) > 20,
            }.items()
            if not is_right
        ]
        if wrong:
            raise ValueError(", ".join(wrong))
        code = f"code-{len(self.asked) + 1}"
        self.asked[code] = asked
        back = {"code": code, "state": asked["state"], "iss": self.issuer}
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def tokens(self, sent: dict[str, str], authorization: str) -> Claims:
        """Return the tokens for a code. Raises ValueError for anything but the client that asked for it."""
        expected = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if authorization != f"Basic {expected}":
            raise ValueError("client")
        asked = self.asked.pop(sent.get("code", ""), None)
        if asked is None or sent.get("grant_type") != "authorization_code":
            raise ValueError("code")
        if sent.get("redirect_uri") != asked["redirect_uri"]:
            raise ValueError("redirect_uri")
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            raise ValueError("code_verifier")
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        token = self.sign(self.bend(claims | self.person))
        return {"access_token": "unused", "token_type": "Bearer", "id_token": token}

    def end_session(self, sent: dict[str, str]) -> str:
        """End the session of whom a token is about; return where to lead the browser. Raises ValueError."""
        known = jwt.decode(
            sent.get("id_token_hint", ""),
            key("provider").public_key(),
            algorithms=["RS256"],
            audience=sent.get("client_id"),
            options={"verify_exp": False},
        )
        back = sent.get("post_logout_redirect_uri", "")
        if known["aud"] != CLIENT or urlsplit(back).path != "/login/":
            raise ValueError("end_session")
        self.left.append(known["sub"])
        return back


class _Page(BaseHTTPRequestHandler):
    server: "_Listener"

    def do_GET(self) -> None:
        house, address = self.server.house, urlsplit(self.path)
        if address.path == "/.well-known/openid-configuration":
            self.say(200, house.description())
        elif address.path == "/keys":
            self.say(200, house.keys())
        elif address.path == "/authorize":
            self.send_back(self.server.house.authorize, address.query)
        elif address.path == "/logout":
            self.send_back(self.server.house.end_session, address.query)
        else:
            self.say(404, {})

    def send_back(self, asked: Callable[[dict[str, str]], str], query: str) -> None:
        try:
            place = asked({name: values[0] for name, values in parse_qs(query).items()})
        except (ValueError, jwt.PyJWTError) as error:
            self.server.house.refusals.append(str(error))
            self.say(400, {"error": "invalid_request"})
            return
        self.send_response(302)
        self.send_header("Location", place)
        self.end_headers()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        sent = {name: values[0] for name, values in parse_qs(body).items()}
        try:
            self.say(200, self.server.house.tokens(sent, self.headers.get("Authorization", "")))
        except ValueError as error:
            self.server.house.refusals.append(str(error))
            self.say(400, {"error": "invalid_grant"})

    def say(self, status: int, body: Claims) -> None:
        sent = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, house: IdentityProvider) -> None:
        super().__init__(("127.0.0.1", 0), _Page)
        self.house = house


@contextmanager
def identity_provider() -> Iterator[IdentityProvider]:
    """Run a provider while the block runs; after it, nobody listens at its port."""
    house = IdentityProvider()
    with _Listener(house) as listener:
        house.issuer = f"http://127.0.0.1:{listener.server_address[1]}"
        thread = threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield house
        listener.shutdown()
        thread.join()
