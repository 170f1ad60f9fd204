import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd

from cancergan.cohort import Cohort
from cancergan.cohort.curation.charts import intensity_chart, legend, size_chart
from cancergan.cohort.curation.survey import survey
from tests.data import blobs


def test_there_is_a_line_for_each_class_in_the_order_of_the_legend():
    seen = survey(blobs(6, classes=3))
    tree = ElementTree.fromstring(intensity_chart(seen))
    assert len(tree.findall("polyline")) == 3
    assert legend(seen) == ["class_0", "class_1", "class_2"]


def test_the_line_is_the_histogram():
    low, high = np.full((1, 40, 40), 10.0), np.full((1, 40, 40), 90.0)
    low[0, 0, 0], high[0, 0, 0] = 0, 100
    images = np.stack([low, low, high, high])
    table = pd.DataFrame({"label": ["a", "a", "b", "b"]})
    tree = ElementTree.fromstring(intensity_chart(survey(Cohort.from_arrays(images, table))))
    for line, expected in zip(tree.findall("polyline"), (0.0, 1.0), strict=True):
        points = np.array(re.findall(r"([\d.]+),([\d.]+)", line.get("points")), dtype=float)
        peak = points[points[:, 1].argmin(), 0] / 560
        assert abs(peak - expected) < 0.05


def test_there_is_a_dot_for_each_size():
    cohort = Cohort.from_arrays([np.ones((1, 40, 50)), np.ones((1, 40, 50)), np.ones((1, 60, 70))])
    tree = ElementTree.fromstring(size_chart(survey(cohort)))
    titles = [dot.find("title").text for dot in tree.findall("circle")]
    assert titles == ["40 x 50: 2 images", "60 x 70: 1 images"]
