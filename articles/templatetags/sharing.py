"""What templates for other sites and for machines need."""

from django import template

from articles.models.addresses import absolute

register = template.Library()
register.filter(absolute)
