"""Turn a template into an answer in the reader's language. Chinese is the default reading."""

import secrets
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from api import labels, moments, sentences, whereabouts
from api.headers import policy_with_style
from api.services import Services
from api.status import LOOKS
from api.words import words
from core.people import Language
from store.accounts import shown_names
from store.database import reading

LANGUAGE_COOKIE = "aihuijia_language"
_A_YEAR_S = 31_536_000


def language_of(request: Request, default: Language = Language.CHINESE) -> Language:
    """Return the language a reader chose, now (`?lang=`) or earlier (cookie)."""
    for chosen in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if chosen in (Language.CHINESE.value, Language.ENGLISH.value):
            return Language(chosen)
    return default


def gettext_of(request: Request) -> moments.Gettext:
    """Return the translating function for a reader."""
    return words(language_of(request)).gettext


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    language: Language | None = None,
    **context: Any,
) -> HTMLResponse:
    """Render *template*; *language* is the default of a reader who never chose."""
    chosen = language_of(request, language or Language.CHINESE)
    services: Services = request.app.state.services
    nonce = secrets.token_urlsafe(12)
    html = (
        _environment(chosen)
        .get_template(template)
        .render(
            request=request,
            language=chosen,
            other_language_query=_other_language(request, chosen),
            now=services.clock.now(),
            is_demo=services.is_demo,
            nonce=nonce,
            who=_Names(services).shown,
            **context,
        )
    )
    response = HTMLResponse(html, status_code=status)
    response.headers["Content-Security-Policy"] = policy_with_style(nonce)
    if request.query_params.get("lang") == chosen.value:
        response.set_cookie(
            LANGUAGE_COOKIE, chosen.value, max_age=_A_YEAR_S, samesite="lax", path="/"
        )
    return response


class _Names:
    """Names of accounts as people read them, looked up where a page shows one."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._known: dict[str, str] = {}

    def shown(self, name: str) -> str:
        """Return how the account *name* is shown; as it is, when it is none."""
        if name not in self._known:
            with reading(self._services.engine) as connection:
                self._known[name] = shown_names(connection, [name]).get(name, name)
        return self._known[name]


def _other_language(request: Request, chosen: Language) -> str:
    other = Language.ENGLISH if chosen is Language.CHINESE else Language.CHINESE
    kept = {k: v for k, v in request.query_params.items() if k != "lang"}
    return "?" + urlencode({**kept, "lang": other.value})


@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=PackageLoader("api"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    catalogue = words(language)
    guardian_css = files("api").joinpath("static/css/guardian.css").read_text(encoding="utf-8")
    environment.install_gettext_translations(  # type: ignore[attr-defined]  # by the extension
        catalogue, newstyle=True
    )
    environment.globals.update(
        labels=labels,
        looks=LOOKS,
        moments=moments,
        sentences=sentences,
        whereabouts=whereabouts,
        gettext_function=catalogue.gettext,
        guardian_css=Markup(guardian_css),  # noqa: S704  our own file, no reader's words in it
    )
    return environment
