"""What free-text comments say about the patient, with the reader's own errors corrected.

Rules find topics and how each is meant (negated, of the family, supposed, past); labels are stored
beside the records; a labelled sample corrects the share that the reader found.
"""

from analysis.comments.correction import Confusion, corrected_prevalence, count_confusion
from analysis.comments.labelling import read_breach_comments
from analysis.comments.labels import (
    LABELS,
    digest_of,
    mark_topics,
    open_comments,
    read_comments_manifest,
)
from analysis.comments.reader import build_reader, explain_comment, label_comments
