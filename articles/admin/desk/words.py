"""What the desk's script says, in the editor's language: `word` and `plural` of static/js/desk/base.js ask for it."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles.media.plurals import PLURALS


def words() -> dict[str, str]:
    """Each sentence by its name, `%s` standing for its values; of one that counts each form, `<name>.<category>`."""
    return _sentences() | {f"{name}.{category}": said for name, category, said in _counted()}


def _counted() -> Iterator[tuple[str, str, str]]:
    """Name, plural category (as Intl.PluralRules calls it) and words."""
    for category, number in PLURALS.items():
        yield "updates", category, ngettext("%s update", "%s updates", number)
        yield "readers", category, ngettext("%s reader", "%s readers", number)
        yield (
            "handed",
            category,
            ngettext("Published, handed to %s reader in %s.", "Published, handed to %s readers in %s.", number),
        )
        yield "editing", category, ngettext("%s is editing now", "%s are editing now", number)


def _sentences() -> dict[str, str]:
    return {
        "backInComposer": _("Back in the composer."),
        "backNotSent": _("Back in the composer. Not sent."),
        "backToComposer": _("Back to the composer"),
        "between": _("A push server or a CDN stands in between; it counts its own."),
        "bothTexts": _("Both texts are here: change yours, then save."),
        "by": _("By"),
        "cancel": _("Cancel"),
        "discardedMeanwhile": _("Somebody discarded it meanwhile. Send yours again, and it is a new one."),
        "draftKeptAt": _("Draft kept at %s."),
        "embedded": _("Embedded."),
        "ended": _("Ended."),
        "error": _("The server could not do it (error %s)."),
        "error.0": _("No connection. It goes out by itself when there is one."),
        "error.401": _("You have been signed out. Sign in in another tab; then this goes on by itself."),
        "error.403": _("You may not do this."),
        "error.404": _("It is no longer there."),
        "error.413": _("This is too large."),
        "error.503": _("The server is busy. It is tried again by itself."),
        "focalPoint": _("Focal point, in percent: %s from the left, %s from the top"),
        "full": _("This browser cannot keep more text: its storage is full. Save a draft now."),
        "hadWritten": _("Here is what you had written."),
        "handedOn": _("Published. How many readers have it is unknown: a push server or a CDN hands it on."),
        "handedToNobody": _("Published, handed to 0 readers."),
        "isSending": _("Wait: it is being sent."),
        "kept": _("Kept in this browser."),
        "keptForbidden": _("Kept in this browser; you may not write here any more."),
        "keptNotSaved": _("Kept in this browser, not saved."),
        "keptNotSent": _("Kept in this browser, not sent."),
        "keptUnsaved": _("Kept in this browser, and not yet saved."),
        "keyPoint": _("Key point"),
        "lacksAlt": _("A photo has no alt text: edit the update, and say what it shows."),
        "largePicture": _("This picture is larger than 40 MB. Make it smaller first."),
        "noPicture": _("This is not a picture. Choose a JPEG, PNG, WebP, AVIF, HEIC or GIF file."),
        "notSent": _("Not sent. %s"),
        "notSentKept": _("Not sent. Your text is kept in this browser."),
        "nothing": _("There is nothing to send yet: write a text or a headline, or add a photo."),
        "now": _("Now"),
        "offline": _("Offline"),
        "onTheDesk": _("%s on the desk"),
        "openInComposer": _("Open in the composer"),
        "overtaken": _("It was changed while you looked at it. Read it again, then decide."),
        "photo": _("Photo"),
        "photoAdded": _("Photo added."),
        "photoElsewhere": _("It stands elsewhere too: editors change its credit, alt text and focal point."),
        "photoPlace": _("Photo %s of %s"),
        "photoRefused": _("Not sent: a photo was not taken, see why above. Send it again, and it goes without."),
        "pointEmpty": _("Write the key point, or cancel."),
        "pointPlace": _("%s: %s of %s"),
        "pointRemoved": _("Removed: %s"),
        "pointsFull": _("There are %s key points, which is the most: remove one first."),
        "publishedDraft": _("Published: readers see it when the coverage is started."),
        "publishedIn": _("Published in %s."),
        "publishedToNobody": _("Published in %s. No reader is connected just now."),
        "publishedUnknown": _("Published in %s. How many readers have it is unknown."),
        "reached": _("The last change reached %s in %s"),
        "reaching": _("Published in %s; reaching readers…"),
        "remove": _("Remove"),
        "removeNamed": _("Remove %s"),
        "reopened": _("Live again."),
        "restored": _("Restored."),
        "save": _("Save"),
        "saved": _("Saved."),
        "savedAlready": _("Saved already."),
        "savedAt": _("Saved at %s."),
        "savedSeen": _("Saved: readers see it."),
        "savedSince": _("Saved. What you wrote since is kept in this browser."),
        "saving": _("Saving…"),
        "scheduled": _("Scheduled."),
        "scheduledFor": _("Scheduled: %s"),
        "seconds": _("%s s"),
        "sending": _("Sending…"),
        "sendingPhoto": _("sending…"),
        "signIn": _("Sign in"),
        "signedOut": _("Signed out"),
        "startUndone": _("Back to a draft."),
        "started": _("Started: readers see it."),
        "step.discard": _("Discarded."),
        "step.erase": _("Erased."),
        "step.key": _("A key update now."),
        "step.pin": _("Pinned."),
        "step.publish": _("Published."),
        "step.restore": _("Restored."),
        "step.retime": _("Time changed."),
        "step.return": _("Returned to its writer."),
        "step.revert": _("The older text stands again."),
        "step.submit": _("Submitted."),
        "step.unkey": _("No key update any more."),
        "step.unpin": _("Unpinned."),
        "step.withdraw": _("Withdrawn."),
        "stop": _("Stop"),
        "submitted": _("Submitted for approval."),
        "theirsStands": _("Theirs stands."),
        "throwAway": _("Throw away"),
        "trouble": _("Trouble"),
        "troubleForbidden": _("You may not work on this desk any more. What you wrote is kept in this browser."),
        "troubleGone": _("This coverage is no longer there."),
        "troubleLogin": _(
            "You have been signed out. Sign in in another tab: the desk then goes on by itself. Nothing is lost."
        ),
        "troubleOffline": _("No connection. What you write is kept in this browser, and goes out by itself."),
        "troubleServer": _("The server is in trouble (error %s). What you write is kept in this browser."),
        "unknown": _("unknown"),
        "waitsHere": _("Keep this tab open for the photo."),
        "waitsLogin": _("Waiting for you to sign in again."),
        "waitsNetwork": _("Waiting for the network."),
        "waitsPhoto": _("Waiting for the photo…"),
        "waitsPoints": _("The key points are kept in this browser."),
        "waitsServer": _("Waiting: the server did not take it (error %s)."),
        "waitsStep": _("It is done as soon as it can be."),
        "waitsText": _("Your text is kept in this browser."),
        "wasNotSent": _("This was not sent. Press the button to send it."),
        "withdrawn": _("Withdrawn."),
        "wroteWas": _("Open it again: what you wrote was: %s / %s"),
        "youEdit": _("You, in another tab, are editing now"),
    }
