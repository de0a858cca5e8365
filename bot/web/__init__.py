"""The pages: the playground in the browser and what the process answers over HTTP."""
