import articles.models.photo
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage, storages
from django.db import migrations, models


def lie_in_private(apps, schema_editor):
    """Files keep their names. Their addresses answer for what is published, as before, and for nothing else."""
    for model in ("coverage", "update"):
        rows = apps.get_model("articles", model).objects.exclude(audio="")
        for name in rows.values_list("audio", flat=True):
            move(name, default_storage, storages["originals"])


def move(name, source, target):
    if not source.exists(name):
        return
    if not target.exists(name):
        with source.open(name) as file:
            target.save(name, File(file))
    source.delete(name)


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0070_awaited_successor'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(lie_in_private, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='coverage',
            name='audio',
            field=models.FileField(blank=True, storage=articles.models.photo.originals, upload_to='audio/', verbose_name='audio'),
        ),
        migrations.AlterField(
            model_name='update',
            name='audio',
            field=models.FileField(blank=True, storage=articles.models.photo.originals, upload_to='audio/', verbose_name='audio'),
        ),
        migrations.AddIndex(
            model_name='update',
            index=models.Index(condition=models.Q(('audio', ''), _negated=True), fields=['audio'], name='update_by_audio'),
        ),
    ]
