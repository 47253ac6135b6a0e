"""Pages from templates: every value escaped, a missing one an error, texts in the language of the reader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

    Each gets ``asset(path)``, ``modules(entry)``, ``release``, ``language``, ``t``, the texts by key, and
    ``alternatives()``, how else people reach their town: what a page says that can say nothing else.
    """

    def __init__(self, folder: Path, assets: Assets) -> None:
        loader = FileSystemLoader(folder)
        environment = Environment(
            loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        environment.globals.update(asset=assets.url, modules=assets.modules, release=assets.release)
        self._templates = Jinja2Templates(env=environment)
        self.tell_alternatives(tuple)

    def tell_alternatives(self, alternatives: Callable[[], Sequence[tuple[str, str]]]) -> None:
        """From now on pages know each town's other ways: its language and the words."""
        self._templates.env.globals["alternatives"] = alternatives

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
