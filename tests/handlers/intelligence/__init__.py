"""Tests of intelligence."""
