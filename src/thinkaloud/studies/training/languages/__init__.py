"""The languages that a recipe may choose from, by name."""

from __future__ import annotations

from collections.abc import Mapping

from thinkaloud.studies.training.languages.calls import HELPER, TOOL
from thinkaloud.studies.training.languages.contract import Language
from thinkaloud.studies.training.languages.offers import OFFERS
from thinkaloud.studies.training.languages.programs import PROGRAMS
from thinkaloud.studies.training.languages.words import PLAIN

LANGUAGES: Mapping[str, Language] = {one.name: one for one in (PLAIN, OFFERS, TOOL, HELPER, PROGRAMS)}
