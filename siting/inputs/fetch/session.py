"""HTTP for fetching: waits and asks again a bounded number of times, and says plainly what went wrong."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests

from siting.errors import InputError

Tell = Callable[[str], None]

ATTEMPTS = 4
FIRST_WAIT_S = 1.0  # doubled each time
LONGEST_WAIT_S = 60.0  # a host that asks for more is left alone, and the user told when to come back
BUSY = {429, 500, 502, 503, 504, 529}  # 529: how PVGIS says that it is overloaded


class PoliteSession(requests.Session):
    """A requests session for entsoe-py and plain use alike; tests mount an adapter on it instead of a network.

    No message of it holds an address with its query: a key may stand there.
    """

    def __init__(
        self, tell: Tell, timeout_s: float = 60.0, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        super().__init__()
        self._tell, self._timeout_s, self._sleep = tell, timeout_s, sleep

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """The answer, whatever its status, unless the host stays busy or out of reach: InputError then."""
        host = urlsplit(str(url)).hostname or "the host"
        kwargs["timeout"] = self._timeout_s
        for attempt in range(ATTEMPTS):
            wait_s = FIRST_WAIT_S * 2**attempt
            try:
                answer = super().request(method, url, *args, **kwargs)
            except requests.RequestException as error:
                problem = _unreachable(host, error, self._timeout_s)
            else:
                if answer.status_code not in BUSY:
                    return answer
                problem, asked_s = _busy(host, answer), _retry_after_s(answer)
                if asked_s > LONGEST_WAIT_S:
                    raise InputError(f"{problem}; it asks to wait {asked_s:.0f} s: try again after that")
                wait_s = max(wait_s, asked_s)
            if attempt + 1 < ATTEMPTS:
                self._tell(f"{host} did not serve; asking again in {wait_s:.0f} s")
                self._sleep(wait_s)
        raise InputError(f"{problem} (asked {ATTEMPTS} times); try again later")


def reason_of(answer: requests.Response, secret: str = "") -> str:
    """What a service says about a refusal, in at most 200 characters and without `secret`; empty if nothing."""
    try:
        said = answer.json()
        text = str(said.get("reason") or said.get("message") or "") if isinstance(said, dict) else ""
    except ValueError:
        found = re.search(r"<text>(.*?)</text>", answer.text, re.DOTALL | re.IGNORECASE)
        text = found.group(1) if found else ""
    text = " ".join(text.split())[:200]
    return text.replace(secret, "(key)") if secret else text


def _unreachable(host: str, error: requests.RequestException, timeout_s: float) -> str:
    """One line that quotes nothing of the error: its text holds the whole address."""
    if isinstance(error, requests.exceptions.SSLError):
        return f"{host}: its certificate was not accepted; check the date of this machine and its proxy"
    if isinstance(error, requests.exceptions.ProxyError):
        return f"{host}: the proxy does not let through; check HTTPS_PROXY"
    if isinstance(error, requests.Timeout):
        return f"{host}: no answer within {timeout_s:.0f} s; give it more with --timeout-s"
    if isinstance(error, requests.exceptions.ConnectionError):
        return f"{host}: no connection; `siting data fetch` needs the internet, everything else works without"
    return f"{host}: the answer broke off ({type(error).__name__})"


def _busy(host: str, answer: requests.Response) -> str:
    what = "too many requests" if answer.status_code == 429 else "the service has a problem"
    said = reason_of(answer)
    return f"{host}: {what} (HTTP {answer.status_code}{', ' + said if said else ''})"


def _retry_after_s(answer: requests.Response) -> float:
    """Seconds the header Retry-After asks for (a number or a date); 0 without one."""
    value = answer.headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0
