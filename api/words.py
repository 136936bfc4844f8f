"""Words of the pages in the reader's language: this room's catalogue over the core's.

English is the source text; `api/locale/zh.po` holds the Chinese.
"""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from core.languages import translations
from core.people import Language


@cache
def words(language: Language) -> NullTranslations:
    """Return the merged catalogue of *language*."""
    if language is Language.ENGLISH:
        return NullTranslations()
    source = files("api").joinpath(f"locale/{language.value}.po")
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(source.read_bytes())))
    compiled.seek(0)
    merged = GNUTranslations(compiled)
    merged.add_fallback(translations(language))
    return merged
