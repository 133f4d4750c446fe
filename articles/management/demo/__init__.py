"""The demo: a Sunday that has ended, its Monday that is live, and a script that moves it. See README.md beside this."""
