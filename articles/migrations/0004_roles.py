"""The roles of a newsroom as groups: each has what the one before it has, and more."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations

KINDS = ("author", "coverage", "photo", "update")
REPORTER = [*(f"view_{kind}" for kind in KINDS), "add_update", "change_update", "add_photo", "change_photo"]
EDITOR = [
    *REPORTER,
    "publish_update",
    "delete_update",
    "publish_coverage",
    *(f"{verb}_coverage" for verb in ("add", "change", "delete")),
    "delete_photo",
    "add_author",
    "change_author",
]
ADMINISTRATOR = [
    *EDITOR,
    "erase_update",
    "delete_author",
    *(f"{verb}_user" for verb in ("view", "add", "change", "delete")),
    "view_group",
]
ROLES = {"Reporter": REPORTER, "Editor": EDITOR, "Administrator": ADMINISTRATOR}


def make(apps, schema_editor):
    # Django makes permissions only after all migrations.
    for label in ("auth", "articles"):
        create_permissions(installed.get_app_config(label), verbosity=0)
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for name, codenames in ROLES.items():
        group, _ = Group.objects.get_or_create(name=name)
        permissions = Permission.objects.filter(
            codename__in=codenames, content_type__app_label__in=["auth", "articles"]
        )
        group.permissions.add(*permissions)


class Migration(migrations.Migration):
    dependencies = [("articles", "0003_desk"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
