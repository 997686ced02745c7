"""The disclosure workbook: reads China's government-information-disclosure annual reports, checks
them, measures them, and drafts their section five.

The rooms, in the order that data passes through them: ``templates``, ``reading``, ``checking``,
``measuring``, ``problems``, ``writing``, ``batch``. A later room may import from an earlier one,
never the reverse. ``workbook.open_workbook`` is the one call a notebook begins with.
"""

from importlib.metadata import version

__version__ = version("disclosure-workbook")
