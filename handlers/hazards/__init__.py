"""Hazards (隐患): one tap to report, a day by which they are mended, a re-check with photos before and after."""
