"""Routes of past sessions; all of them are read-only."""

import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bridge.dashboard.past import NoAnswerError, Past
from bridge.dashboard.web.access import Access

FORMATS = {
    "fit": "application/vnd.ant.fit",
    "tcx": "application/vnd.garmin.tcx+xml",
    "csv": "text/csv; charset=utf-8",
}

_NUMBER = re.compile(r"[0-9]{1,9}")
_TIME = re.compile(r"[0-9]{1,11}(\.[0-9]{1,9})?")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,200}")


def routes(past: Past, access: Access, units: str) -> list[Route]:
    """Return `/history`, `/history/NUMBER` and `/history/NUMBER/FORMAT`; all are read-only.

    `units` is the unit of sentences, `km/h` or `mph`.
    """

    async def answer(request: Request) -> Response:
        # Refuses links from other sites too, because each request starts a process.
        if request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
            return JSONResponse({"error": "This request comes from another site."}, 403)
        if not access.may(request):
            return JSONResponse({"error": "Log in first."}, 401)
        number, form = request.path_params.get("number"), request.path_params.get("form")
        before = request.query_params.get("before")
        question = _question(number, form, before, units)
        if question is None:
            return JSONResponse({"error": "There is no such page."}, 404)
        try:
            found = await past.query(*question)
        except NoAnswerError as error:
            return JSONResponse({"error": str(error)}, error.status)
        if form is None:
            return Response(found, media_type="application/json")
        return _download(found, form)

    return [
        Route("/history", answer, methods=["GET"]),
        Route("/history/{number}", answer, methods=["GET"]),
        Route("/history/{number}/{form}", answer, methods=["GET"]),
    ]


def _question(
    number: str | None, form: str | None, before: str | None, units: str
) -> tuple[str, ...] | None:
    """Return the query for an address; None if the address is invalid."""
    if number is None:
        if before is None:
            return ("list",)
        return ("list", before) if _TIME.fullmatch(before) else None
    if not _NUMBER.fullmatch(number):
        return None
    if form is None:
        return ("show", number, units)
    return ("export", number, form) if form in FORMATS else None


def _download(found: bytes, form: str) -> Response:
    """Return a file to download; its first line is its name."""
    line, _, content = found.partition(b"\n")
    name = line.decode(errors="replace")
    if not _NAME.fullmatch(name):
        name = f"session.{form}"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, headers=headers, media_type=FORMATS[form])
