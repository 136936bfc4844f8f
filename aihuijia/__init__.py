"""The command `aihuijia`: the one room that puts real things together and starts them."""
