"""What an attacker types: values for every field, parts of paths, questions, bodies; and what forms would take instead."""

from __future__ import annotations

import inspect
import json
import sys
import uuid
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

from pydantic import ValidationError

from app.blueprints.forms import Form
from app.errors import Invalid

SURROGATE, OVERRIDE = "\ud800", "\u202e"
DEEP: Any = "x"
for _ in range(200):
    DEEP = [DEEP]

TEXTS = (
    "",
    " \t\n",
    "\0",
    "a\0b",
    f"{SURROGATE}x",
    f"👩🏽‍🚒 {OVERRIDE}gnp.exe \u2066שלום\u2069 مرحبا",
    "x" * 200_000,
    "9" * 5000,
    str(2**63),
    "-1",
    "1e9",
    "NaN",
    "null",
    "²",
    "٣",
    "http://[",
    "javascript:alert(1)",
    '"><script>alert(1)</script>',
    "{{7*7}}${7*7}<%= 7*7 %>%s%n",
    "';drop table users;--",
    "../../../etc/passwd",
    "x\r\nSet-Cookie: a=b",
    "9999-12-31T23:59:59+14:00",
    "0001-01-01T00:00:00-14:00",
)
OTHERS: tuple[Any, ...] = (
    None,
    True,
    -1,
    2**63,
    10**30,
    1.5e308,
    [],
    ["x", 1, None],
    {},
    {"a": {"b": ["\0", SURROGATE, 2**70]}},
    {"x" * 10_000: "x"},
    DEEP,
)
PATHS = (
    "0", "x", "%00", "-1", "1.5", str(2**63 - 1), str(2**63), "9" * 400, "%ff%fe", "%ed%a0%80", "%F0%9F%9A%92",
    "..%2f..%2fetc%2fpasswd", "%0d%0aSet-Cookie:%20a=b", "%3Cscript%3E", "x" * 3000, "null", "%27%3B--", "%E2%80%AE",
)  # fmt: skip
QUERIES = (
    "page=-1&before=-1&after=-1&after_version=-1&rows=-1&number=-1",
    "page=1e9&before=abc&after=abc&after_version=1e9&rows=1e9",
    f"page={2**70}&before={2**70}&after={2**70}&after_version={2**63}&inbox={2**63}&inbox_id={2**70}&account={2**70}&rows={2**70}",
    "page=" + "9" * 5000 + "&members=" + "9" * 5000 + "&account=" + "9" * 5000,
    "sort=;drop%20table&order=--&status=%27&view=%22&who=x&sort_by=(select%201)&labels=%27",
    "q=%00&name=%00&website_token=%00&locale=%00&theme=%00&ticket=%00&next=%00&conversation=%00",
    "q=%ff%fe&name=%ff&website_token=%ff&locale=%ed%a0%80&theme=%ff&ticket=%ff&next=%ff&after=%ff",
    "q=%25%5C_*%28%26%7C%21%3A%2A%29%3C-%3E%27&name=%25&website_token=%27&locale=../../en&next=//evil.example",
    "q=" + "x%20" * 3000 + "&after=" + "A" * 3000 + "&locale=" + "en-" * 500,
    "q=%F0%9F%91%A9%E2%80%AE&next=http://[&color=red;}&position=%22&website_url=http://[&members=%C2%B2&locales=x",
    "q[]=1&page[]=1&sort[a]=b&=&&&%=%&;",
    "after=eyJhIjoxfQ&after_version=0&conversation=x&before=0",
    "after=WyJ4Il0&after=W251bGxd&before=1&before=2",
)
BODIES = (
    (b"", None),
    (b"", "application/json"),
    (b"null", "application/json"),
    (b"[]", "application/json"),
    (b'"x"', "application/json"),
    (b"{", "application/json"),
    (b'{"a": \xff}', "application/json"),
    (b"[" * 100_000, "application/json"),
    (b'{"a":' * 5000 + b"1" + b"}" * 5000, "application/json"),
    (b"\xff\xfe{\x00}\x00", "application/json; charset=nonsense"),
    (b"<a/>", "application/xml"),
    (b"a=%ff%fe&%00=%00&=", "application/x-www-form-urlencoded"),
    (b"&" * 20_000, "application/x-www-form-urlencoded"),
    (b"--x", "multipart/form-data; boundary=x"),
    (b"x", "multipart/form-data"),
    (b'--x\r\nContent-Disposition: form-data; name="\xff"\r\n\r\n\xff\xfe\r\n--x--', "multipart/form-data; boundary=x"),
    (b"x", "\xff/\x80; ;="),
)
HEADERS: tuple[dict[str, str], ...] = (
    *(
        {"Cookie": f"{name}={junk}"}
        for name in ("parley_session", "parley_remember")
        for junk in ("x|\xe9", "|", "." * 5000)
    ),
    *(
        {name: "\xff"}
        for name in ("Range", "If-None-Match", "Referer", "X-Forwarded-For", "Sec-Fetch-Site", "User-Agent")
    ),
    *({name: "\xff"} for name in ("X-Auth-Token", "api_access_token", "Accept-Language", "HX-Current-URL", "If-Range")),
    *({name: "http://["} for name in ("Origin", "Host", "HX-Current-URL", "Referer")),
    *({"Content-Length": length} for length in ("-1", "x")),
    {"Host": "evil.example/\xff"},
    {"Upgrade": "websocket"},
    {"Content-Type": "a;charset=\xff"},
    {"Accept-Language": "x" * 9000 + ";q=nan"},
    {"Accept-Encoding": "gzip;q=nan, *;q=\xff"},
    {"HX-Request": "true", "HX-Current-URL": "\xff\x01"},
)
LARGE = b"x" * 10_000_000

# What a name means beyond what its form says.
_MEANT = {
    "email": "dana@fernway.example",
    "emails": "erin@fernway.example",
    "phone_number": "+14155550123",
    "website_url": "https://fernway.example",
    "allowed_domains": "fernway.example",
    "assignee": "me",
    "after": "",
    "to": "nobody",
    "members": [1],
    "password": "Ridge-2-in-size-M",
    "current_password": "Bicycle-12-stand",
    "identifier": "",
    "reply_to": "",
    "source_id": "dana",
    "next": "/",
}
_SOUND: tuple[Any, ...] = (
    *("x", str(uuid.UUID(int=7)), 1, True, "UTC", "en", "#1f5fa8"),
    *({}, [], {"content": "x"}, "2030-01-01T10:00:00Z"),
)


def names(form: type[Form]) -> list[str]:
    return [field.alias or name for name, field in form.model_fields.items()]


def sound(form: type[Form]) -> dict[str, Any]:
    """Values that the form takes, so that one bad one among them is what is looked at."""
    return {name: _MEANT[name] if name in _MEANT else _fitting(form, name) for name in names(form)}


def spoiled(form: type[Form]) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """The form's values spoiled by one bad value after the other: in every field that takes it, and in all that do not.

    Beside them the names of the fields that take it, to be tried alone where the door refuses them together.
    """
    good = sound(form)
    for bad in (*TEXTS, *OTHERS):
        taking = [name for name in good if not _refusals(form, name, bad)]
        if taking:
            yield {**good, **dict.fromkeys(taking, bad)}, taking if len(taking) > 1 else []
    for bad in (TEXTS[2], TEXTS[6], TEXTS[7], None, DEEP, {}):
        yield dict.fromkeys(good, bad), []


def read_by(view: Any) -> list[type[Form]]:
    """The forms that a view reads, itself or in what it calls of its own file."""
    view = inspect.unwrap(view)
    own, found, left, seen = vars(sys.modules[view.__module__]), [], [view.__code__], set()
    while left:
        code = left.pop()
        seen.add(code)
        left += [const for const in code.co_consts if isinstance(const, CodeType) and const not in seen]
        for name in code.co_names:
            known = own.get(name)
            if isinstance(known, type) and issubclass(known, Form):
                found.append(known)
            elif isinstance(known, FunctionType) and known.__code__ not in seen:
                left.append(inspect.unwrap(known).__code__)
    return list(dict.fromkeys(found))


def as_fields(values: dict[str, Any]) -> dict[str, Any]:
    """As a form of a page would send them."""
    return {name: _typed(value) for name, value in values.items() if value is not None}


def _typed(value: Any) -> Any:
    if isinstance(value, list):
        return [_typed(item) for item in value]
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _fitting(form: type[Form], name: str) -> Any:
    fits = (value for value in (*_SOUND, *_words_of(form, name)) if not _refusals(form, name, value))
    return next(fits, "x")


def _refusals(form: type[Form], name: str, value: Any) -> list[Any]:
    try:
        form.model_validate({name: value})
    except ValidationError as refused:
        return [problem for problem in refused.errors() if problem["loc"][:1] == (name,)]
    except Invalid as refused:
        return [{"loc": (name,), "msg": refused.message}]
    return []


def _words_of(form: type[Form], name: str) -> list[str]:
    """The words of a closed choice, from what the form says when it is given another."""
    for problem in _refusals(form, name, "no such word"):
        said = str(problem.get("ctx", {}).get("expected", ""))
        return [word.strip("' ") for word in said.replace(" or ", ",").split(",")]
    return []
