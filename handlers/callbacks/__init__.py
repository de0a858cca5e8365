"""Call-backs (回访): whether those a record was done for are satisfied, asked where its handler cannot see."""
