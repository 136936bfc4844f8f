"""Kinds of organisations, and those of Haining that a new installation begins with."""

from enum import StrEnum


class OrganisationKind(StrEnum):
    """What an organisation is."""

    STREET = "street"
    TOWNSHIP = "township"
    RESCUE_TEAM = "rescue_team"
    DUTY_ROOM = "duty_room"
    POLICE = "police"
    CIVIL_AFFAIRS = "civil_affairs"
    RED_CROSS = "red_cross"
    OTHER = "other"


#: id, kind, Chinese and English name
HAINING = (
    ("xiashi", OrganisationKind.STREET, "硖石街道", "Xiashi Street"),
    ("haizhou", OrganisationKind.STREET, "海洲街道", "Haizhou Street"),
    ("haichang", OrganisationKind.STREET, "海昌街道", "Haichang Street"),
    ("maqiao", OrganisationKind.STREET, "马桥街道", "Maqiao Street"),
    ("yanguan", OrganisationKind.TOWNSHIP, "盐官镇", "Yanguan Township"),
    ("duty-room", OrganisationKind.DUTY_ROOM, "121 值班室", "121 duty room"),
    ("police", OrganisationKind.POLICE, "海宁市公安局", "Haining police"),
    ("civil-affairs", OrganisationKind.CIVIL_AFFAIRS, "海宁市民政局", "Haining civil affairs"),
    ("red-cross", OrganisationKind.RED_CROSS, "海宁市红十字会", "Haining Red Cross"),
)
