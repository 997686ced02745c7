"""Reports that are made up, and say so: known by their mark, and never counted together with real ones.

In: the text of a page, or the table ``documents``. Out: whether it carries the mark (``templates/synthetic.yml``), and why
real and synthetic reports that lie together are refused.
"""

from __future__ import annotations

import re
from functools import cache

import pandas as pd

from analysis import templates
from analysis.errors import InputError
from analysis.reading.normalise import Text, normalise


def mark() -> str:
    """The words that a synthetic report carries."""
    return templates.declared("analysis.templates", "synthetic.yml")["mark"]


@cache
def _sign() -> str:
    return re.sub(r"\s", "", normalise(mark(), "").clean)


def is_synthetic(text: Text) -> bool:
    """Whether a page says that it is made up."""
    return _sign() in re.sub(r"\s", "", text.clean)


def synthetic_mixed(documents: pd.DataFrame) -> InputError | None:
    """Why these reports (rows of ``documents``) cannot be taken together; None where all are real, or all synthetic."""
    made_up = documents["synthetic"].astype(bool)
    if made_up.all() or not made_up.any():
        return None
    false, true = (documents.loc[made_up == kind, "key"].iloc[0] for kind in (True, False))
    return InputError(
        f"真实报告（如 {true}）与合成数据（如 {false}）混在一起：合成数据只供测试，请分放在不同的文件夹。",
        f"Real reports (such as {true}) lie together with synthetic ones (such as {false}): synthetic data are for tests "
        "alone; keep them in a folder of their own.",
    )
