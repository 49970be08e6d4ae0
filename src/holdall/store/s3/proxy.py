"""A connection through the proxy that https_proxy and no_proxy name."""

import socket
from base64 import b64encode
from http.client import HTTPConnection, HTTPException
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass


def tunnel(host: str, port: int, timeout_s: float) -> socket.socket | None:
    """None where none is meant for this host. Raises OSError."""
    found = getproxies()
    named = found.get("https") or found.get("all")
    if not named or proxy_bypass(host):
        return None
    proxy = urlsplit(named if "://" in named else f"http://{named}")
    headers = {}
    if proxy.username:
        who = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        headers["Proxy-Authorization"] = "Basic " + b64encode(who.encode()).decode()
    connection = HTTPConnection(proxy.hostname or "", proxy.port or 80, timeout=timeout_s)
    connection.set_tunnel(host, port, headers)
    try:
        connection.connect()
    except HTTPException as exc:
        raise ConnectionError(f"the proxy {proxy.hostname} did not answer in HTTP") from exc
    return connection.sock
