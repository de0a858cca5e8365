"""`wangge` as it is, but for one rhythm: what group owners confirmed is asked every second, not every two minutes.

python -m tests.support.wechat.demo.program run --config FILE
"""

from datetime import timedelta
from unittest.mock import patch

from bot.__main__ import main
from bot.channels.customer_group import channel, tasks

OFTEN = timedelta(seconds=1)

if __name__ == "__main__":
    with patch.object(tasks, "EVERY", OFTEN), patch.object(channel, "EVERY", OFTEN):
        main()
