"""How far section five is read as people read it: items, pairs, categories, against labels made by hand.

In: the published reports (``--data``, by default ../shared/reports), their labels (tests/problems/labels.json) and the quotations
coded by hand (``--notes``). Out: precision, recall and F1, each unit by the cues that others show too, every miss with its place;
printed and written to docs/section_five.md.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from places import PROJECT, table

sys.path.insert(0, str(PROJECT / "tests" / "problems"))
import labelled

from analysis.problems.labels import categories, label_of

OUT = PROJECT / "docs" / "section_five.md"
_OTHERS = "其他单位的引文 quotations of others"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def _row(name: str, score: labelled.Score) -> list[str]:
    return [
        name,
        score.there,
        score.found,
        score.right,
        *map(_percent, (score.precision, score.recall, score.f1)),
    ]


def _f1(texts: Sequence[labelled.Text], aspects: Mapping | None = None) -> float:
    given = [(due, set(label_of(text, aspects).categories)) for text, due in texts]
    right = sum(len(due & got) for due, got in given)
    return 2 * right / sum(len(due) + len(got) for due, got in given)


def _misses(read: Sequence[labelled.Read]) -> Iterator[list[str]]:
    """What was not read as people read it, by place and code; no words of the reports."""
    for one in read:
        label = {x["id"]: x for x in one.labels}
        key = {i: f["key"] for i, f in one.matched.items()}
        yield from ([one.name, f"{i}：没有找到 not found"] for i in label if i not in key)
        due = {(key.get(p), key.get(x["id"])): (p, x["id"]) for x in one.labels for p in x.get("answers", ())}
        back = {k: i for i, k in key.items()}
        yield from (
            [one.name, f"{p}–{m}：没有配上 not paired"]
            for pair, (p, m) in due.items()
            if pair not in one.pairs
        )
        yield from (
            [one.name, f"{back.get(p, '?')}–{m and back.get(m, '?')}：不该配 paired, not to be"]
            for p, m in sorted(one.pairs - set(due))
        )
        for i, found in one.matched.items():
            got, want = set(label_of(labelled.fold(found["text"])).categories), set(label[i]["categories"])
            if got != want:
                gone, more = (" ".join(sorted(s)) or "—" for s in (want - got, got - want))
                yield [one.name, f"{i}：缺 lacks {gone}；多 has {more}"]


def page(reports: Path, notes: Path) -> str:
    """The page docs/section_five.md."""
    read = labelled.reads(reports)
    by_unit: dict[str, list[labelled.Read]] = defaultdict(list)
    for one in read:
        by_unit[one.name.partition("/")[0]].append(one)
    texts = {unit: labelled.labelled_texts(of) for unit, of in by_unit.items()}
    quoted = labelled.quotations(notes)
    same, people = labelled.readers()
    every = labelled.labelled_texts(read)
    by_category = labelled.categories(every)
    known = {**texts, _OTHERS: quoted}
    scores = ("应有 there", "读出 found", "对 right", "准确率 precision", "召回率 recall", "F1")
    lines = [
        "# 第五部分读得怎样 | How section five is read\n\n",
        "由 `.venv/bin/python benchmarks/section_five.py` 生成。Made by that command.\n\n",
        "十九份已发布报告的第五部分由两名读者各自逐条标注（问题、措施、配对、十四个类别），不看程序的结果；分歧经第三遍裁定。标注只记文件指纹与字符位置，"
        "在 `tests/problems/labels.json`。规则与线索词在 `src/analysis/problems/*.yml`，是在读过这些报告之后写的，所以下面的准确率对没有读过的报告偏高；"
        "“留出一个单位”把只有该单位的文字才支持的线索词去掉，再读该单位；引文是三十多个别的单位的，标注早于规则。\n\n"
        "*Two readers labelled the sections five of nineteen published reports alone, item by item, without seeing what the program makes of them; a "
        "third pass decided where they differ. Labels are hashes and places only. The rules were written after these reports had been read, so the "
        "figures are too good for reports that were not; “one unit left out” takes away the cues that only its own words bear out, and the "
        "quotations are of thirty-odd other bodies, coded before there were rules.*\n\n",
        table(
            ["", *scores],
            [
                _row("条目 items", labelled.items(read)),
                _row("问题 problems", labelled.items(read, "problem")),
                _row("措施 measures", labelled.items(read, "measure")),
                _row("配对 pairs", labelled.pairs(read)),
                _row("两名读者之间的配对 pairs, one reader against the other", people),
            ],
        ),
        f"\n两名读者给 {_percent(same)} 的条目相同的类别。*The two readers gave {_percent(same)} of the items the same categories.*\n",
        "\n## 类别 | Categories\n\n",
        table(
            ["类别 category", *scores],
            [_row(f"{c} {categories()[c].zh} {categories()[c].en}", s) for c, s in by_category.items()],
        ),
        f"\n宏平均 F1：标注 {labelled.macro(by_category):.3f}，引文 {labelled.macro(labelled.categories(quoted)):.3f}。"
        f"*Macro F1: {labelled.macro(by_category):.3f} on the labels, {labelled.macro(labelled.categories(quoted)):.3f} on the quotations.*\n",
        "\n## 留出一个单位 | One unit left out\n\n",
        table(
            [
                "单位 unit",
                "条目 items",
                "条目 F1 of items",
                "类别 F1，全部线索词 all cues",
                "类别 F1，留出 left out",
            ],
            [
                [
                    unit,
                    len(of),
                    _percent(labelled.items(by_unit[unit]).f1) if unit in by_unit else "—",
                    f"{_f1(of):.3f}",
                    f"{_f1(of, labelled.without(unit, known)):.3f}",
                ]
                for unit, of in known.items()
            ],
        ),
        "\n",
        "\n## 没有读对的 | What was not read so\n\n"
        "p、m 为第几个问题、措施。*p and m are problems and measures by number.*\n\n",
        table(["报告 report", "差别 difference"], list(_misses(read))),
    ]
    return "".join(lines)


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", type=Path, default=PROJECT.parent / "shared" / "reports")
    asked.add_argument("--notes", type=Path, default=PROJECT.parent / "shared" / "domain" / "section_five.md")
    given = asked.parse_args()
    made = page(given.data, given.notes)
    OUT.write_text(made, encoding="utf8")
    print(made)
