"""Make a key that personal data is sealed with."""

from rich.console import Console

from core.sealing import mark_of, new_key


def show_data_key(console: Console) -> None:
    """Print a fresh key; it is kept nowhere."""
    key = new_key()
    console.print(f"AIHUIJIA_DATA_KEYS={key}", soft_wrap=True, highlight=False)
    console.print(f"标记 / its mark: {mark_of(key)}", highlight=False)
    console.print(
        "请另存一份，不要和数据库放在一起：没有它，封存的内容就打不开了。 Keep a copy apart from"
        " the database: without it nobody opens what it sealed.",
        soft_wrap=True,
    )
    console.print(
        "换密钥时，新的写在前面，旧的留在后面，用逗号分开。 To change keys put the new one first"
        " and leave the old one behind it, with a comma between.",
        soft_wrap=True,
    )
