"""Coverage as files: the archive that comes back exactly, the folder that any server can host, and what others saved.

`taking` writes an archive and `restoring` takes it back; `records` says what of the models it holds, and `parcel` how
it lies in the file. `folder` writes the public pages. `live_blog` reads schema.org's LiveBlogPosting and `arriving`
posts it. `invariants` says what is wrong with a coverage.
"""
