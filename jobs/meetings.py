"""Meetings (见面) in time: who has not been reached or met is brought up, and so is a result that is missing."""

from handlers.meetings import actions
from jobs import due
from storage import cases
from storage.meetings import Meeting

tick = due.each("meeting", cases.due_of(Meeting), actions.step)
TICK = tick
