"""Themes, routine and what is left out: where a report shows work that serves no goal, by rules that are data."""

from harvester.grouping.exclude import Excluded as Excluded
from harvester.grouping.exclude import exclude as exclude
from harvester.grouping.placing import place as place
from harvester.grouping.routine_work import routine as routine
from harvester.grouping.rules import GroupingRules as GroupingRules
from harvester.grouping.theme_choice import OTHER as OTHER
from harvester.grouping.theme_choice import REST as REST
from harvester.grouping.theme_choice import themes as themes
from harvester.grouping.theme_keys import OUR_NAMES as OUR_NAMES
from harvester.grouping.theme_keys import topic_name as topic_name
