"""Searching by sectors (分片) in time: the situation told, who is not back asked for, who was where forgotten."""

from handlers.sectors import homecoming
from jobs import due
from storage import sectors

tick = due.each("outing", sectors.due, homecoming.step)
TICK = tick
