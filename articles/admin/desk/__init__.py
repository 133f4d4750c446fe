"""The desk: one page on which a coverage is written, live, by several at once.

`urls.py` names the addresses; `views.py` reads, `writing.py` writes through `articles.publishing`; `entries.py` says
how an update stands in the list and `state.py` what has changed since a revision; `stream.py` sends that to open
desks; `people.py` knows who is there; `asked.py` is the frame around every request.
"""
