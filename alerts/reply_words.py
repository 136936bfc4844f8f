"""The words of volunteers' replies. Pure.

Whole phrases only, in simplified characters and small letters. No word here may be one that SMS
providers take for themselves: STOP, END, CANCEL, QUIT, UNSUBSCRIBE, YES, START.
"""

import re
from typing import Final

from core.incidents import Answer

#: heard it: alone it means going, beside a plainer answer nothing
ACKNOWLEDGED: Final = "acknowledged"

_PHRASES: "dict[Answer | str, str]" = {
    ACKNOWLEDGED: """
        收到 | 已收到 | 收到了 | 好 | 好的 | 好嘞 | 行 | 可以 | 没问题 | 明白 | 嗯嗯收到
        ok | okay | okey | roger | sure
        """,
    Answer.GOING: """
        一 | 去 | 我去 | 我来 | 我来了 | 能去 | 我能去 | 可以去 | 我可以 | 我可以去 | 马上 | 马上去
        我马上去 | 马上来 | 我马上来 | 马上到 | 我马上到 | 马上就去 | 马上就到 | 马上过去
        我马上过去 | 马上出发 | 我马上出发 | 立刻去 | 立即去 | 这就去 | 我这就去 | 现在去 | 现在就去
        我现在去 | 我现在就去 | 现在过去 | 我现在过去 | 我去了 | 去了 | 我去找 | 我过去 | 正在去
        我正在去 | 正在赶去 | 正在赶过去 | 正在路上 | 我正在路上 | 在路上 | 在路上了 | 我在路上
        我在路上了 | 已在路上 | 已经在路上 | 我已经在路上 | 已经在路上了 | 出发 | 出发了 | 我出发了
        已出发 | 已经出发 | 我已出发 | 我已经出发 | 已经出发了 | 快到了 | 我快到了 | 到了 | 我到了
        已到 | 已到达 | 已经到了 | 我已到 | 到达 | 已到现场 | 到现场了
        going | i am going | i'm going | i go | i'll go | i will go | i can go | i can | on my way
        i am on my way | i'm on my way | omw | coming | i am coming | i'm coming | arrived
        i have arrived | i am here | i'm here
        """,
    Answer.CANNOT: """
        二 | 不去 | 我不去 | 不能 | 我不能 | 不能去 | 我不能去 | 去不了 | 我去不了 | 现在去不了
        我现在去不了 | 来不了 | 我来不了 | 过不去 | 我过不去 | 去不成 | 没法去 | 我没法去 | 没办法去
        我没办法去 | 没空 | 我没空 | 现在没空 | 没时间 | 我没时间 | 没有时间 | 没有空 | 不行
        我不行 | 不可以 | 不方便 | 我不方便 | 现在不方便 | 走不开 | 我走不开 | 在外地 | 我在外地
        在上班 | 我在上班 | 有事 | 我有事 | 赶不过去 | 我赶不过去 | 赶不到 | 来不及 | 我来不及
        我有事去不了 | 有事去不了
        cannot | can't | can not | cant | i cannot | i can't | i can not | i cant | i cannot go
        i can't go | cannot go | can't go | not going | i am not going | i'm not going | unable
        i am busy | i'm busy | busy | not available | i am not available | not possible
        """,
    Answer.FOUND: """
        三 | 找到 | 找到了 | 已找到 | 已经找到 | 已经找到了 | 找到人了 | 人找到了 | 人已找到
        人已经找到 | 人已经找到了 | 我找到了 | 我找到人了 | 老人找到了 | 老人已找到 | 老人已经找到
        找到老人了 | 平安 | 已平安 | 人平安 | 老人平安 | 老人已回家 | 老人回家了 | 老人已到家
        老人到家了 | 老人已经回家 | 老人已经到家
        found | found her | found him | i found her | i found him | i've found her | i've found him
        she is found | he is found | i have found her | i have found him
        """,
    Answer.FALSE_ALARM: """
        误报 | 是误报 | 误报了 | 虚惊一场 | 没有走失
        false alarm | it is a false alarm | it's a false alarm
        """,
    Answer.NEED_RESCUE: """
        四 | 救援 | 需要救援 | 请求救援 | 要救援 | 需要救援队 | 请救援 | 请派救援 | 叫救援队
        rescue | need rescue | i need rescue | we need rescue
        """,
}
MEANINGS: "dict[str, Answer | str]" = {
    phrase.strip(): meaning
    for meaning, phrases in _PHRASES.items()
    for phrase in re.split(r"[|\n]", phrases.strip())
    if phrase.strip()
}

#: stand beside an answer and change nothing
COURTESIES = frozenset(
    [
        "谢谢",
        "谢谢你",
        "谢谢您",
        "你好",
        "您好",
        "抱歉",
        "很抱歉",
        "不好意思",
        "对不起",
        "辛苦了",
        "辛苦",
        "放心",
        "请放心",
        "嗯",
        "嗯嗯",
        "哦",
        "噢",
        "回",
        "回复",
        "选",
        "选择",
        "按",
        "我选",
        "报告",
        "事件",
        "案件",
        "sorry",
        "thanks",
        "hi",
        "hello",
        "please",
        "reply",
    ]
) | {"thank you", "i am sorry", "i'm sorry"}

#: whoever asks, or waves away, has not answered
DOUBTS = frozenset("?¿⁉❓❔❌❎✖✗✘🙅🚫⛔👎🤷吗嘛么呢吧谁哪")

#: traditional characters that volunteers' words have
SIMPLIFIED = str.maketrans(
    "沒馬這現過來時間發達開經還無車會說號報誤虛驚場請隊嗎們個聽為緊難沖趕別險謝對辦編選擇復覆當從點給進遠運動處裡裏後麼誰問題條",
    "没马这现过来时间发达开经还无车会说号报误虚惊场请队吗们个听为紧难冲赶别险谢对办编选择复复当从点给进远运动处里里后么谁问题条",
)
