"""Whom we believe to be our broker."""

import ssl

from core.errors import SettingError
from core.settings import explain


def tls_context(ca_file: str) -> ssl.SSLContext:
    """Return a context that checks the broker's name and certificate.

    With *ca_file* only that authority is believed, else those of the system; SettingError when the
    file holds no certificate.
    """
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise SettingError(
            explain("broker_ca", f"{ca_file} is no certificate in PEM form")
        ) from error
