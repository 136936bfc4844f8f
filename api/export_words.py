"""What a person reads who gets all that is held about somebody: Chinese first. Pure."""

from collections.abc import Iterable

#: file -> what it holds
_FILES = {
    "absence": ("请假与代班", "absences and stand-ins"),
    "answer": ("对求助的回复", "answers to alerts"),
    "attempt": ("发给本人的每次短信或电话", "each message or call to this person"),
    "band": ("手环", "the wristband"),
    "band_task": ("手环故障", "troubles of the wristband"),
    "belief": ("电子围栏的当前判断（内部格式）", "what the geofence believes now, in its own form"),
    "belief_window": ("判断所依据的最近定位（内部格式）", "the fixes behind that, in its own form"),
    "check_in": ("扫码签到", "check-ins by code"),
    "contact_point": ("联系方式", "numbers"),
    "credit_entry": ("志愿服务记录", "volunteer service"),
    "credit_ranking": ("是否参加排名", "takes part in the ranking"),
    "decision": ("电子围栏的判断及依据", "what the geofence decided, and why"),
    "drill": ("演练", "drills"),
    "elder": ("登记信息", "the register"),
    "elder_consent": ("知情同意", "consents"),
    "elder_photo": ("照片说明（照片见 photo.jpg）", "about the photo, which is photo.jpg"),
    "elder_secret": ("加密保存的项目（内容见 sealed.json）", "what is sealed; see sealed.json"),
    "family_contact": ("家属联系人", "the family"),
    "family_link": ("家属查询链接", "links for the family"),
    "guardian_change": ("监护人变更", "changes of guardians"),
    "guardianship": ("监护人（编号）", "guardians, by number"),
    "inbox": ("本人的回复短信与按键", "what this person sent back"),
    "incident": ("走失等事件", "incidents"),
    "latest": ("最新位置", "the newest position"),
    "look": ("本人查看过的位置", "positions that this person looked at"),
    "looks": ("谁查看过位置", "who looked at the position"),
    "notice": ("通知", "notices"),
    "notification": ("求助通知", "alerts"),
    "person": ("登记信息", "the register"),
    "phone_use": ("号码使用次数", "how often a number was used"),
    "ping": ("定位与手环报告", "positions and reports of the wristband"),
    "push_subscription": ("浏览器推送", "push to browsers"),
    "quiet_hours": ("免打扰时间", "quiet hours"),
    "registry_change": ("登记信息的修改记录", "who changed the register"),
    "rota_shift": ("值班", "the rota"),
    "sealed": ("身份证号、病情备注", "identity number, medical notes"),
    "surroundings": ("住处周围的无线信号（内部格式）", "the radio around home, in its own form"),
    "timeline": ("事件经过", "what happened in incidents"),
    "trusted_device": ("已登记的手机", "known devices"),
    "verification": ("号码验证", "verification of numbers"),
    "zone": ("安全区与危险区（含历史）", "zones, with their history"),
    "zone_proposal": ("安全区建议", "proposed zones"),
    "zone_study": ("上次分析时间", "when zones were studied last"),
}


def readme(names: Iterable[str], *, has_photo: bool) -> str:
    """Return the text of README.txt for a file with these tables."""
    lines = [
        "121 爱回家：本系统保存的关于此人的全部信息",
        "Everything that this service holds about one person",
        "",
        "每个 .json 文件是一类记录，每行一条；时间为 UTC，坐标为 WGS-84（先经度，后纬度）。",
        "Each .json file is one kind of record, one a line; times are UTC, positions WGS-84 with",
        "longitude before latitude.",
        "请妥善保管本文件：其中有住址、健康状况和行踪。",
        "Keep this file safe: it says where somebody lives, how they are and where they were.",
        "",
    ]
    for name in sorted(names):
        chinese, english = _FILES.get(name, (name, name))
        lines.append(f"{name}.json  {chinese} · {english}")
    if has_photo:
        lines.append("photo.jpg  照片 · the photo")
    return "\r\n".join([*lines, ""])
