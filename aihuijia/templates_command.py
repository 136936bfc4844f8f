"""The command `aihuijia templates`: what has to be registered with a provider in China, and how."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

if TYPE_CHECKING:
    from alerts.templates import Template

console = Console()

_HOW = """\
向阿里云登记短信和语音模板 · Texts to register with Aliyun

1. 短信服务控制台 → 国内消息 → 签名管理：申请签名“{sign}”，完成实名报备（约 5 至 10 个工作日）。
   SMS console: apply for the signature first; its real-name filing takes 5 to 10 working days.
2. 国内消息 → 模板管理 → 添加模板：类型选“通知短信”（下面标“验证码”的除外），内容照抄下面的文字，
   不要写签名。变量属性照“变量”一行选择；场景说明写“走失老人求助，通知其守护志愿者”。
   Add each text as a notification template, without the signature; attributes as listed.
3. 语音服务控制台 → 语音消息 → 语音通知 → 文本转语音模板：登记以 say_ 开头的各条；
   再购买外显号码，填到 AIHUIJIA_ALIYUN_SHOW_NUMBER。
   Voice console: register the texts whose names begin with say_, and buy a number to show.
4. 通过后，把模板 CODE 写进 AIHUIJIA_ALIYUN_TEMPLATES，格式：名称=CODE，逗号分隔。
   Put the codes into the setting as name=code pairs.
5. 两个控制台的“HTTP 批量推送”地址见 docs/providers.md。
   The addresses for reports are in docs/providers.md.

标“必需”的没有登记，服务不会启动。Without those marked 必需 the service does not start.
"""


def templates(
    missing: Annotated[
        bool, typer.Option("--missing", help="Only those without a code in the settings.")
    ] = False,
    setting: Annotated[
        bool, typer.Option("--setting", help="Only the setting's line, to be filled in.")
    ] = False,
) -> None:
    """List the texts to register with a provider that sends approved texts only (Aliyun).

    Each with its name, its Chinese text with variables, what each variable holds, and an example.
    """
    from alerts.templates import all_templates
    from core.people import Channel
    from core.settings import load

    settings = load()
    codes = settings.aliyun_template_codes()
    listed = [one for one in all_templates() if not (missing and one.name in codes)]
    if setting:
        pairs = ",".join(f"{one.name}={codes.get(one.name, '')}" for one in listed)
        console.print(
            f"AIHUIJIA_ALIYUN_TEMPLATES={pairs}", soft_wrap=True, markup=False, highlight=False
        )
        return
    console.print(_HOW.format(sign=settings.aliyun_sign_name), soft_wrap=True, highlight=False)
    for one in listed:
        _print(one, codes.get(one.name))
    of_sms = sum(one.channel is Channel.SMS for one in listed)
    console.print(
        f"共 {len(listed)} 条：短信 {of_sms} 条，语音 {len(listed) - of_sms} 条。"
        f" {len(listed)} texts: {of_sms} SMS, {len(listed) - of_sms} calls.",
        highlight=False,
        soft_wrap=True,
    )


def _print(one: "Template", code: str | None) -> None:
    from alerts.templates import attribute, example
    from core.people import Channel

    kind = "语音" if one.channel is Channel.VOICE else "验证码" if one.is_code else "通知短信"
    need = "，必需" if one.is_needed else ""
    told = f"，已登记 {code}" if code else ""
    console.print(f"[bold]{one.name}[/bold]（{kind}{need}{told}）", highlight=False, soft_wrap=True)
    console.print(f"  {escape(one.text)}", highlight=False, soft_wrap=True)
    if one.variables:
        said = "；".join(f"{name} {attribute(name)} 如 {example(name)}" for name in one.variables)
        console.print(f"  变量：{escape(said)}", highlight=False, soft_wrap=True)
    console.print(f"  举例 {one.length} 字", highlight=False, soft_wrap=True)
