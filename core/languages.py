"""Words in the reader's language. English is the source text, Chinese the default reading.

Catalogues are gettext `.po` files beside this module, read directly: there is no compiled file that
a build could forget. `make words` collects new texts into them.
"""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from core.people import Language


@cache
def translations(language: Language) -> NullTranslations:
    """Return the catalogue of *language*, in gettext's own form (Jinja2 takes it as it is)."""
    if language is Language.ENGLISH:
        return NullTranslations()
    source = files("core").joinpath(f"locale/{language.value}.po")
    catalogue = read_po(BytesIO(source.read_bytes()))
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)
