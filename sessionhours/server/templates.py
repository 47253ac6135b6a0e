"""Pages from templates: every value escaped, a missing one an error, texts in the language of the reader."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response
from starlette.templating import Jinja2Templates

from sessionhours.server.assets import Assets
from sessionhours.server.language import texts


class Templates:
    """The templates below ``web/templates``.

    Each gets ``asset(path)``, ``modules(entry)``, ``release``, ``language`` and ``t``, the texts by key.
    """

    def __init__(self, folder: Path, assets: Assets) -> None:
        loader = FileSystemLoader(folder)
        environment = Environment(
            loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        environment.globals.update(asset=assets.url, modules=assets.modules, release=assets.release)
        self._templates = Jinja2Templates(env=environment)

    def page(
        self,
        request: Request,
        name: str,
        language: str,
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
        **values: Any,
    ) -> Response:
        """The page ``name`` as an answer."""
        context = {"language": language, "t": texts(language), **values}
        return self._templates.TemplateResponse(request, name, context, status_code=status, headers=headers)
