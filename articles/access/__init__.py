"""Who gets in: signing in with django-allauth, second factors, sessions that can be ended, and a line about each."""
