"""Put the providers together that the settings name, in their order."""

from collections.abc import Sequence

from aihuijia.aliyun_senders import aliyun_senders
from alerts.budget import Limits
from alerts.channels.sender import Sender
from alerts.channels.twilio import TwilioAccount, TwilioSms, TwilioVoice
from alerts.channels.web_push import PushKeys, WebPush
from core.people import Channel
from core.settings import Settings


def senders_for(settings: Settings) -> dict[Channel, Sequence[Sender]]:
    """Return the senders of each channel; SettingError when what one needs is missing."""
    settings.require_provider()
    made: dict[str, dict[Channel, Sender]] = {}
    for name in dict.fromkeys([*settings.sms_providers(), *settings.voice_providers()]):
        made[name] = _twilio(settings) if name == "twilio" else _aliyun(settings)
    senders: dict[Channel, Sequence[Sender]] = {
        Channel.SMS: [made[name][Channel.SMS] for name in settings.sms_providers()],
        Channel.VOICE: [made[name][Channel.VOICE] for name in settings.voice_providers()],
    }
    push_key = settings.vapid_private_key.get_secret_value()
    if push_key:
        keys = PushKeys(push_key, settings.require_push_subject())
        senders[Channel.PUSH] = [WebPush(keys)]
    return senders


def limits_of(settings: Settings) -> Limits:
    """Return how often one number may be used."""
    return Limits(
        sms_per_day=settings.sms_per_day,
        calls_per_hour=settings.calls_per_hour,
        calls_per_day=settings.calls_per_day,
    )


def _aliyun(settings: Settings) -> dict[Channel, Sender]:
    sms, voice = aliyun_senders(settings)
    return {Channel.SMS: sms, Channel.VOICE: voice}


def _twilio(settings: Settings) -> dict[Channel, Sender]:
    account = TwilioAccount(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        sender_number=settings.twilio_from,
        api_url=settings.twilio_api_url,
        callback_url=settings.public_url,
    )
    return {Channel.SMS: TwilioSms(account), Channel.VOICE: TwilioVoice(account)}
