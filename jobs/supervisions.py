"""Supervision letters (督办) in time: the officer is reminded every week until the safety office lets go."""

from handlers.supervision import actions
from jobs import due
from storage import supervisions

tick = due.each("supervision", supervisions.due, actions.remind)
TICK = tick
