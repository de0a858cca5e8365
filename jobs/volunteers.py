"""Volunteers (志愿者) in time: an offer nobody answers is shown to the desk, a year of help is asked for anew."""

from handlers.volunteers import leaving
from jobs import due
from storage import cases
from storage.volunteers import Volunteer

tick = due.each("volunteer", cases.due_of(Volunteer), leaving.step)
TICK = tick
