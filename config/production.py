"""What must be true before Rightline faces other people: each rule a sentence one can act on."""

from collections.abc import Iterator

from config import env

SHORTEST_SECRET_KEY = 50


def shortcomings() -> Iterator[str]:
    """Yield one sentence for everything in the environment that is not safe in production."""
    if env.flag("RIGHTLINE_DEBUG"):
        yield "RIGHTLINE_DEBUG shows source code to visitors: unset it."
    if len(env.text("RIGHTLINE_SECRET_KEY")) < SHORTEST_SECRET_KEY:
        yield (
            f"RIGHTLINE_SECRET_KEY is missing or shorter than {SHORTEST_SECRET_KEY} characters: "
            "set a long random value, the same on every machine."
        )
    hosts = env.words("RIGHTLINE_ALLOWED_HOSTS")
    if not hosts or "*" in hosts:
        yield "RIGHTLINE_ALLOWED_HOSTS must name the host names people use, such as rightline.example.com."
    if not env.text("RIGHTLINE_PROXY_HEADER"):
        yield (
            "RIGHTLINE_PROXY_HEADER is not set, so passwords could travel in plain text: put a TLS proxy "
            "in front and name the header it sets, such as X-Forwarded-Proto."
        )
    if env.text("RIGHTLINE_OIDC_ISSUER", "https://").partition("://")[0] != "https":
        yield "RIGHTLINE_OIDC_ISSUER must begin with https://, so that nobody plays the identity provider."
    if not env.text("DATABASE_URL"):
        yield "DATABASE_URL is not set: the embedded PostgreSQL is for trials, name a server with backups."
    if not env.text("REDIS_URL"):
        yield "REDIS_URL is not set: the embedded broker is for trials, name a Redis or Valkey server."


def refuse_when_unsafe() -> None:
    """Raise UnusableSetting with every shortcoming, or return when there is none."""
    found = list(shortcomings())
    if found:
        raise env.UnusableSetting(
            "Rightline does not start with RIGHTLINE_ENV=production:\n"
            + "\n".join(f"- {each}" for each in found)
        )
