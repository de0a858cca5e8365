"""Notices (告知): which version of the privacy notice is in force; what is kept remembers which one it was."""

VERSION = 2
"""Its wording is `privacy.notice_<version>` and `notice.group_<version>`; a new wording is a new version, which
everybody hears once more, and the old wording stays."""
