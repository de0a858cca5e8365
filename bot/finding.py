"""Findings (体检结果): what `wangge check` tells, line by line."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is fine, what was found, and what to do where it is not."""

    fine: bool
    what: str
    mend: str = ""

    @property
    def line(self) -> str:
        """As printed: ✓ or ✗, the finding, the mend."""
        return f"{'✓' if self.fine else '✗'} {self.what}{'' if self.fine else f'：{self.mend}'}"
