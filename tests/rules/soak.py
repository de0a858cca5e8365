"""The long form of the tests of the rules: the figures docs/privacy.md names.

python -m tests.rules.soak              all of them, one after the other
python -m tests.rules.soak R3 R19       those of two rules
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
LONG: Final = {
    "test_r02_whitelist.py": {"RULES_PAYLOADS": "10000"},
    "test_r03_masking.py": {"RULES_TEXTS": "100000"},
    "test_r03_exits.py": {"RULES_TALKS": "10"},
    "test_r05_approval.py": {"RULES_HISTORIES": "500"},
    "test_r08_minors.py": {"RULES_TEXTS": "5000"},
    "test_r09_expiry.py": {"RULES_GROUPS": "246", "RULES_STEPS": "200"},
    "test_r10_recall.py": {"RULES_GROUPS": "246"},
    "test_r11_objection.py": {"RULES_GROUPS": "246"},
    "test_r12_informer.py": {"RULES_CANARIES": "1000"},
    "test_r13_disclosure.py": {"RULES_DISCLOSURES": "300"},
    "test_r14_notice.py": {"RULES_HISTORIES": "300"},
    "test_r17_silence.py": {"RULES_LINES": "100000"},
    "test_r18_backups.py": {"RULES_FLIPS": "2000"},
    "test_r18_retention.py": {"RULES_RECORDS": "60", "RULES_STEP_HOURS": "24"},
    "test_r19_audit.py": {"RULES_TAMPERS": "10000"},
    "test_r20_drills.py": {"RULES_SEEDS": "50", "RULES_DIALOGS": "all"},
    "test_r20_figures.py": {"RULES_TABLES": "10000"},
}
"""How much each file tries in the long form, by its own variables."""


def main(rules: list[str]) -> int:
    """Run the long form of these rules, all where none is named; how many files failed."""
    wanted = {f"test_r{int(rule.lstrip('Rr')):02}" for rule in rules}
    failed = 0
    for file, more in LONG.items():
        if wanted and file[:8] not in wanted:
            continue
        began = time.monotonic()
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"tests/rules/{file}"]
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, **more}, capture_output=True, text=True, check=False
        )
        failed += done.returncode != 0
        figures = " ".join(f"{name.removeprefix('RULES_').lower()} {value}" for name, value in more.items())
        verdict = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else "no word"
        sys.stdout.write(f"{file:28} {figures:32} {verdict} ({time.monotonic() - began:.0f} s)\n")
        if done.returncode:
            sys.stdout.write("\n".join(done.stdout.splitlines()[-40:]) + "\n")
        sys.stdout.flush()
    return failed


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
