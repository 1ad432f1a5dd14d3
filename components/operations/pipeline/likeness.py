"""What is known about drawings that look alike, for whoever needs it after they were read."""

from components.errors import ModelError
from components.files import write_json
from components.geometry.resemblance import similarity_to_json
from components.geometry.similarity import similarity_report
from components.home import Home
from components.modeling.model_card import DrawingSimilarity, read_similarity
from components.operations.pipeline.jobs import known_parts, similarity_file
from components.progress import Progress


def known_similarity(home: Home, progress: Progress) -> DrawingSimilarity:
    """Return which drawings look alike; compare them if that was not recorded.

    Home folders of versions that did not compare drawings have no record, and one that is damaged
    or about other parts is of no use: the comparison is made then and recorded.

    Args:
        home: With the parts that were read last.
        progress: Is told of the comparison.

    Raises:
        DatasetError: If no drawings were read yet.
    """
    parts = known_parts(home)
    record = similarity_file(home)
    try:
        similarity = read_similarity(record)
    except ModelError:
        similarity = None
    if similarity is not None and {p.name for p in similarity.parts} == {p.name for p in parts}:
        return similarity
    write_json(record, similarity_to_json(similarity_report(parts, progress=progress)))
    return read_similarity(record)
