"""Aliyun as the settings describe it, and what is missing before anybody could be asked by it."""

import logging

from alerts.channels.aliyun import AliyunAccount
from alerts.channels.aliyun_sms import AliyunSms
from alerts.channels.aliyun_voice import AliyunVoice
from alerts.templates import missing
from core.errors import SettingError
from core.people import Channel
from core.settings import Settings, explain

log = logging.getLogger(__name__)


def aliyun_senders(settings: Settings) -> tuple[AliyunSms, AliyunVoice]:
    """Return the senders for SMS and for calls; SettingError when nobody could be asked."""
    _check(settings)
    account = AliyunAccount(
        key_id=settings.aliyun_access_key_id,
        key_secret=settings.aliyun_access_key_secret.get_secret_value(),
        sms_url=settings.aliyun_sms_url,
        voice_url=settings.aliyun_voice_url,
        sign_name=settings.aliyun_sign_name,
        show_number=settings.aliyun_show_number,
        templates=settings.aliyun_template_codes(),
    )
    return AliyunSms(account), AliyunVoice(account)


def channels_of_aliyun(settings: Settings) -> list[Channel]:
    """Return the channels for which the settings name it."""
    sms, voice = "aliyun" in settings.sms_providers(), "aliyun" in settings.voice_providers()
    return [*([Channel.SMS] if sms else []), *([Channel.VOICE] if voice else [])]


def _check(settings: Settings) -> None:
    channels = channels_of_aliyun(settings)
    if Channel.VOICE in channels and not settings.aliyun_show_number:
        raise SettingError(explain("aliyun_show_number", "calls through Aliyun need it"))
    if not settings.aliyun_hook_secret.get_secret_value():
        raise SettingError(
            explain("aliyun_hook_secret", "without it no receipt and no reply reaches us")
        )
    lacking = missing(settings.aliyun_template_codes(), channels)
    needed = [one.name for one in lacking if one.is_needed]
    if needed:
        said = f"nobody can be asked without {', '.join(needed)}; see: aihuijia templates"
        raise SettingError(explain("aliyun_templates", said))
    if lacking:
        log.warning(
            "Aliyun has no template for these; they go through another provider, or not at all: %s",
            ", ".join(one.name for one in lacking),
            extra={"action": "templates_missing"},
        )
