"""Make the key pair that Web Push messages are signed with."""

from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid.utils import b64urlencode
from rich.console import Console

from alerts.channels.web_push import PushKeys


def show_push_keys(console: Console) -> None:
    """Print a fresh pair; it is kept nowhere."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    private_key = str(b64urlencode(number.to_bytes(32, "big")))
    public_key = PushKeys(private_key, "mailto:nobody@example.org").public_key
    console.print(f"AIHUIJIA_VAPID_PRIVATE_KEY={private_key}", soft_wrap=True, highlight=False)
    console.print(
        "AIHUIJIA_VAPID_SUBJECT=mailto:…  （您会看的邮箱 / an address at which you read mail）"
    )
    console.print(f"公钥 / its public half: {public_key}", soft_wrap=True, highlight=False)
    console.print(
        "换了密钥，每个浏览器都要重新订阅。 With a new key every browser must subscribe again."
    )
