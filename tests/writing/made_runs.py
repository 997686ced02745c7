"""Runs made up by a seed, as a batch would hand them to the page of all runs; also used by the benchmark."""

import random

# Each character has one reading, and no two read alike, so that the order by pinyin is known without a browser.
CHARACTERS = "安北城东丰港海江开兰明南平青山泰武西永州"
_FIGURES = {
    "problems": (("applications", "收到申请", "applications"), ("granted", "公开率", "share granted")),
    "trends": (("changes", "明显变化", "clear changes"),),
    "bulletin": (("units", "单位数", "units"),),
}
_STEMS = {"problems": "problems_and_improvements", "trends": "rates_and_trends", "bulletin": "bulletin"}
_MESSAGES = {
    "refused": ("没有{unit}{year}年的报告。", "There is no report of {unit} for {year}."),
    "failed": ("单元{n}出错：KeyError: 'total'", "cell {n} failed: KeyError: 'total'"),
    "crashed": ("内核中断，可能是内存不足（{n} MB）。", "The kernel died, perhaps out of memory ({n} MB)."),
    "timed_out": ("超过时限{n}秒。", "Over the time limit of {n} seconds."),
    "ended_early": ("{n}个单元没有运行。", "{n} cells did not run."),
    "unclean": ("内核报错输出：UserWarning", "The kernel wrote to stderr: UserWarning"),
    "waiting": ("", ""),
}


def a_run(**said) -> dict:
    """A good run of Yongkang 2020, with what is ``said`` otherwise."""
    return {
        "state": "good",
        "kind": "problems",
        "notebook": "problems_and_improvements",
        "unit": "永康市",
        "years": "2020",
        "language": "zh",
        "figures": [],
        "findings": {},
        "headlines": [],
        "message_zh": "",
        "message_en": "",
        "why_zh": "",
        "why_en": "",
        "seconds": None,
        "synthetic": False,
        "html": "",
        "docx": "",
        "ipynb": "",
        "log": "",
        **said,
    }


def made_runs(count: int, seed: int = 1, good: float = 0.9, synthetic: bool = True) -> list[dict]:
    """So many runs of all kinds and states."""
    chance = random.Random(seed)
    return [_made(chance, good, synthetic) for _ in range(count)]


def _made(chance: random.Random, good: float, synthetic: bool) -> dict:
    kind = chance.choices(list(_STEMS), (8, 1, 1))[0]
    unit = "".join(chance.sample(CHARACTERS, chance.randint(2, 3)))
    year = chance.randint(2015, 2025)
    years = f"{year - 3}-{year}" if kind == "trends" else str(year)
    state = "good" if chance.random() < good else chance.choice(list(_MESSAGES))
    folder = f"{unit}/{years}/{_STEMS[kind]}"
    run = a_run(
        state=state, kind=kind, notebook=_STEMS[kind], unit=unit, years=years, synthetic=synthetic,
        log=f"logs/{unit}-{years}.txt",
    )  # fmt: skip
    if state != "waiting":
        run |= {"seconds": round(chance.uniform(0.5, 9), 1)}
        run |= dict(zip(("why_zh", "why_en"), chance.choice((("新的", "new"), ("", ""))), strict=True))
    if state != "good":
        zh, en = _MESSAGES[state]
        said = {"unit": unit, "year": year, "n": chance.randint(2, 900)}
        return run | {"message_zh": zh.format(**said), "message_en": en.format(**said)}
    figures = []
    for name, zh, en in _FIGURES[kind]:
        value = None if chance.random() < 0.1 else chance.randint(0, 3000)
        if name == "granted" and value is not None:
            value /= 3000
        text = "" if value is None else f"{value:.1%}" if name == "granted" else str(value)
        figures.append({"name": name, "zh": zh, "en": en, "value": value, "text": text})
    errors = chance.choice((0, 0, 0, 1, 2, 5))
    number = chance.randint(1, 400)
    return run | {
        "figures": figures,
        "findings": {"error": errors, "warning": chance.randint(0, 9), "note": chance.randint(0, 30)},
        "headlines": [
            f"“无法提供”正文写作{number}件，表中为{number + 12}件。",
            f"结转下年{number}件，次年的上年结转不是{number}件。",
            "第五部分没有写改进措施落在哪一年。",
        ][: chance.randint(1, 3)],
        "html": f"{folder}.html",
        "docx": f"{folder}.docx" if kind == "problems" else "",
        "ipynb": f"{folder}.ipynb",
    }
