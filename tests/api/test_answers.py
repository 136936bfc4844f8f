"""The page behind the link: what it shows, and that an answer counts exactly once."""

import gzip
import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import func, select

from core.clock import ManualClock
from core.incidents import IncidentState
from store import incidents, schema
from store.database import reading
from tests.api.world import World

MOST_BYTES = 14 * 1024


def key_of(html: str) -> str:
    """Return the key in the page's form."""
    found = re.search(r'name="key" value="([^"]+)"', html)
    assert found is not None
    return found[1]


def answers_of(world: World, incident_id: int) -> list[str]:
    """Return what was answered, in order."""
    table = schema.answer
    with reading(world.engine) as connection:
        return list(
            connection.scalars(
                select(table.c.answer)
                .where(table.c.incident_id == incident_id)
                .order_by(table.c.id)
            )
        )


def state_of(world: World, incident_id: int) -> IncidentState:
    """Return where the incident stands."""
    with reading(world.engine) as connection:
        return incidents.load(connection, incident_id).state


def counted(world: World) -> dict[str, int]:
    """Return how many rows every table has, but for the record of looks."""
    with reading(world.engine) as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in schema.metadata.sorted_tables
            if table is not schema.look
        }


def test_the_page_says_who_and_where(client: httpx.Client, world: World) -> None:
    """The first screen holds name, age, looks, how to approach, where, and all answers."""
    page = client.get(world.link(world.lose_elder())).text

    for words in ("张阿芬", "82 岁", "深蓝棉袄", "别从背后拉", "30 秒前（11:59）"):
        assert words in page
    assert "离家 710 米，在家的东北面" in page
    for answer in ("我去", "已找到", "联系不上", "需要救援", "我去不了"):
        assert answer in page


def test_the_page_is_light(client: httpx.Client, world: World) -> None:
    """The whole page fits into a phone's first breath: 14 kB compressed, no script."""
    page = client.get(world.link(world.lose_elder())).text

    assert len(gzip.compress(page.encode())) <= MOST_BYTES
    assert "<script" not in page


def test_the_page_keeps_to_itself(client: httpx.Client, world: World) -> None:
    """Nothing of the page is kept, indexed or told to the map apps it links to."""
    headers = client.get(world.link(world.lose_elder())).headers

    assert "no-store" == headers["cache-control"]
    assert "no-referrer" == headers["referrer-policy"]
    assert "noindex" == headers["x-robots-tag"]
    assert "default-src 'self'" in headers["content-security-policy"]


def test_looking_changes_nothing(client: httpx.Client, world: World) -> None:
    """A link preview may fetch the page and its questions as often as it likes."""
    link = world.link(world.lose_elder())
    before = counted(world)

    for address in (link, f"{link}?ask=found", f"{link}?ask=need_rescue", f"{link}?lang=en"):
        assert 200 == client.get(address, headers={"User-Agent": "WeChatBot"}).status_code

    assert before == counted(world)


def test_going_is_one_tap(client: httpx.Client, world: World) -> None:
    """One tap registers; the page then says so and offers the next steps."""
    incident_id = world.lose_elder()
    link = world.link(incident_id)
    key = key_of(client.get(link).text)

    answer = client.post(link, data={"answer": "going", "key": key})
    page = client.get(answer.headers["location"]).text

    assert 303 == answer.status_code
    assert IncidentState.ACCEPTED == state_of(world, incident_id)
    assert "已登记：你在路上" in page
    assert "25 分钟没有消息" in page
    assert "去不了了" in page


def test_a_double_tap_is_one_answer(client: httpx.Client, world: World) -> None:
    """The same button of the same page, tapped twice, counts once."""
    incident_id = world.lose_elder()
    link = world.link(incident_id)
    key = key_of(client.get(link).text)

    for _tap in range(3):
        assert 303 == client.post(link, data={"answer": "going", "key": key}).status_code

    assert ["going"] == answers_of(world, incident_id)


def test_another_answer_from_an_old_page_counts(client: httpx.Client, world: World) -> None:
    """Going back and choosing differently is a new answer, not a double tap."""
    incident_id = world.lose_elder()
    link = world.link(incident_id)
    key = key_of(client.get(link).text)

    client.post(link, data={"answer": "going", "key": key})
    client.post(link, data={"answer": "cannot", "key": key})

    assert ["going", "cannot"] == answers_of(world, incident_id)


def test_two_people_may_have_the_same_key(client: httpx.Client, world: World) -> None:
    """One person's key never swallows another's answer."""
    incident_id = world.lose_elder()
    for person_id in (world.guardian_id, world.other_guardian_id):
        client.post(
            world.link(incident_id, person_id), data={"answer": "cannot", "key": "same-key-1"}
        )

    assert ["cannot", "cannot"] == answers_of(world, incident_id)


def test_an_answer_without_a_key_counts(client: httpx.Client, world: World) -> None:
    """An old or cut page must not cost an answer."""
    incident_id = world.lose_elder()

    client.post(world.link(incident_id), data={"answer": "going"})

    assert ["going"] == answers_of(world, incident_id)


def test_found_asks_first_and_ends_it(client: httpx.Client, world: World) -> None:
    """“Found” asks whether they are together; yes closes, and the page turns calm."""
    incident_id = world.lose_elder()
    link = world.link(incident_id)
    question = client.get(f"{link}?ask=found").text
    client.post(link, data={"answer": "found", "key": key_of(question)})
    page = client.get(link).text

    assert "张阿芬现在和你在一起吗？" in question
    assert IncidentState.CLOSED == state_of(world, incident_id)
    assert "已找到，谢谢" in page
    assert "张阿芬" not in page
    assert "离家" not in page


@pytest.mark.parametrize(
    ("answer", "words"), [("need_rescue", "受伤或不舒服"), ("not_reached", "到了没看到人")]
)
def test_a_question_comes_before_a_hard_answer(
    client: httpx.Client, world: World, answer: str, words: str
) -> None:
    """Rescue and “cannot reach” ask for the reason; each button sends."""
    incident_id = world.lose_elder()
    link = world.link(incident_id)
    question = client.get(f"{link}?ask={answer}").text
    client.post(link, data={"answer": answer, "key": key_of(question), "reason": "hurt"})

    assert words in question
    assert [answer] == answers_of(world, incident_id)


def test_the_others_are_shown(client: httpx.Client, world: World) -> None:
    """A guardian sees what the other one said, and may still go, too."""
    incident_id = world.lose_elder()
    client.post(world.link(incident_id), data={"answer": "going", "key": "a-key-of-1"})

    page = client.get(world.link(incident_id, world.other_guardian_id)).text

    assert "王大伯" in page
    assert "我也去" in page


def test_an_old_position_says_so(client: httpx.Client, world: World, clock: ManualClock) -> None:
    """After five minutes the page warns how far somebody may have walked since."""
    link = world.link(world.lose_elder())
    clock.advance(12 * 60)

    assert "位置是 12 分钟前的，可能已走远约 830 米。" in client.get(link).text


def test_the_link_ends_a_day_after_the_end(
    client: httpx.Client, world: World, clock: ManualClock
) -> None:
    """A day after closing the link shows nothing but whom to call."""
    incident_id = world.lose_elder()
    link = world.link(incident_id)
    client.post(link, data={"answer": "found", "key": "a-key-of-1"})
    clock.advance(timedelta(hours=24, seconds=1).total_seconds())
    answer = client.get(link)

    late = client.post(link, data={"answer": "going", "key": "a-key-of-2"})

    assert (410, 410) == (answer.status_code, late.status_code)
    assert "链接已失效" in answer.text
    assert ["found"] == answers_of(world, incident_id)


@pytest.mark.parametrize("token", ["1.1.AAAAAAAAAAAAAAAAAAAAAA", "x", "1.1", "9.9.9.9"])
def test_a_made_up_link_opens_nothing(client: httpx.Client, world: World, token: str) -> None:
    """Without our key there is no link, and an answer through one changes nothing."""
    incident_id = world.lose_elder()
    looked = client.get(f"/a/{token}")
    answered = client.post(f"/a/{token}", data={"answer": "found"})

    assert (404, 404) == (looked.status_code, answered.status_code)
    assert [] == answers_of(world, incident_id)


def test_nonsense_is_refused_in_words(client: httpx.Client, world: World) -> None:
    """An answer we do not know changes nothing and says so."""
    incident_id = world.lose_elder()
    answer = client.post(world.link(incident_id), data={"answer": "maybe", "key": "a-key-of-1"})

    assert 422 == answer.status_code
    assert "没有这个选项" in answer.text
    assert [] == answers_of(world, incident_id)


def test_english_is_one_tap_away(client: httpx.Client, world: World) -> None:
    """The language link shows English and the browser remembers it."""
    link = world.link(world.lose_elder())
    english = client.get(f"{link}?lang=en").text
    remembered = client.get(link).text

    for page in (english, remembered):
        assert '<html lang="en">' in page
        assert "I am going" in page


def test_navigation_is_shifted_for_the_map_apps(client: httpx.Client, world: World) -> None:
    """Map apps get GCJ-02, with a neutral name; in WeChat Tencent's comes first."""
    link = world.link(world.lose_elder())
    plain = client.get(link).text
    in_wechat = client.get(link, headers={"User-Agent": "MicroMessenger/8"}).text

    assert "uri.amap.com/navigation?to=120.69" in plain
    assert "120.69522" not in re.findall(r"to=([\d.]+)", plain)  # the unshifted longitude
    assert plain.index("uri.amap.com") < plain.index("apis.map.qq.com")
    assert in_wechat.index("apis.map.qq.com") < in_wechat.index("uri.amap.com")


def test_every_view_is_on_record(client: httpx.Client, world: World) -> None:
    """Whoever opens the page is written down as having looked at this elder."""
    client.get(world.link(world.lose_elder()))
    with reading(world.engine) as connection:
        rows = connection.execute(select(schema.look)).all()

    assert [(f"person:{world.guardian_id}", world.elder_id, "answer page")] == [
        (row.viewer, row.elder_id, row.purpose) for row in rows
    ]
