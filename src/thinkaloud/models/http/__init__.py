"""Models behind OpenAI-compatible servers: `http://HOST:PORT/v1#NAME`. The kind of server is found out by asking it."""

from thinkaloud.models.http.opening import open_http

__all__ = ["open_http"]
