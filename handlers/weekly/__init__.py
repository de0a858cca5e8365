"""Weekly figures (周报): what was done, told with n, N and the period."""
