"""What free-text comments say about the patient, with the reader's own errors corrected.

Rules find topics and how each is meant (negated, of the family, supposed, past); labels are stored
beside the records; a labelled sample corrects the share that the reader found.
"""

from analysis.comments.correction import Confusion, corrected_prevalence, count_confusion
from analysis.comments.labels import (
    FOLDER,
    LABELS,
    labels_stage,
    mark_topics,
    open_comments,
    read_comments,
)
from analysis.comments.reader import build_reader, explain_comment, label_comments
