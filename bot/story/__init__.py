"""The story (故事): one day in the sample county, told by people who speak by themselves."""
