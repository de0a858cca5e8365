"""Car doors (车门) in time: where an officer does not call the owner, the next one is asked."""

from handlers.patrols import doors
from jobs import due
from storage import cases
from storage.patrols import Car

tick = due.each("car", cases.due_of(Car), doors.step)
TICK = tick
