"""Tests of ten households."""
