"""What a call says and listens for, as TwiML. Pure."""

from twilio.twiml.voice_response import Gather, VoiceResponse

from core.people import Language

#: Twilio's bound for a script that comes with the request
MOST_CHARACTERS = 4000
#: how long a menu listens after its words, seconds
LISTENS_S = 8
#: words beyond this are not spoken: nobody listens that long at night
_MOST_SPOKEN = 700
_VOICES = {Language.CHINESE: "cmn-CN", Language.ENGLISH: "en-GB"}


def call_script(text: str, language: Language, key_url: str | None) -> str:
    """Return a call that says *text* twice; with *key_url* it listens for one key each time."""
    spoken = _speakable(text)
    while len(script := _script(spoken, language, key_url)) > MOST_CHARACTERS:
        spoken = spoken[: len(spoken) // 2]  # a text of nothing but & and < grows as XML
    return script


def _script(spoken: str, language: Language, key_url: str | None) -> str:
    voice, script = _VOICES[language], VoiceResponse()
    if key_url is None:
        script.say(spoken, language=voice, loop=2)
        return str(script)
    for _ in range(2):  # said twice: who was asleep missed the first
        _listen(script, spoken, voice, key_url)
    return str(script)


def menu_again(first: str, text: str, language: Language, key_url: str) -> str:
    """Return the answer to a key that decided nothing: *first* if any, then *text*, listening."""
    voice = _VOICES[language]
    script = VoiceResponse()
    if first:
        script.say(first, language=voice)
    _listen(script, _speakable(text), voice, key_url)
    return str(script)


def last_words(text: str, language: Language) -> str:
    """Return the end of a call: *text*, if any, and it is over."""
    script = VoiceResponse()
    if text:
        script.say(_speakable(text), language=_VOICES[language])
    script.hangup()
    return str(script)


def _listen(script: VoiceResponse, text: str, voice: str, key_url: str) -> None:
    ask = Gather(num_digits=1, timeout=LISTENS_S, action=key_url, method="POST")
    ask.say(text, language=voice)
    script.append(ask)


def _speakable(text: str) -> str:
    """Return *text* without what is no character of XML, and not too long."""
    return "".join(c for c in text if c.isprintable() or c == "\n")[:_MOST_SPOKEN]
