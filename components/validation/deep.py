"""Whether every byte of a dataset is as it was written, and no file too many.

The checks of the suites say whether a dataset is good; this says whether it is the one that was
made. It is looked at first: figures of a dataset that somebody changed say little.
"""

from components.dataset.verify import extra_files, verify_dataset
from components.errors import ValidationError
from components.files import write_text
from components.home import Home
from components.validation.report import report_folder
from components.validation.statistics import changed_tables

NAMED = 30
"""So many faults are named in a message; all are in the file beside the report."""


def require_untouched(home: Home) -> None:
    """Do nothing if every file of a dataset is as it was written and there is no other.

    Looked at are pictures, masks, COCO, YOLO, manifest, card, statistics and YOLO's links.

    Raises:
        DatasetError: If there is no finished dataset, or a byte of its card changed.
        ValidationError: Naming each file that changed, is missing or is one too many.
    """
    path = report_folder(home) / "deep.txt"
    path.unlink(missing_ok=True)
    faults = [*verify_dataset(home, deep=True), *changed_tables(home)]
    if not any(str(home.manifest) in fault for fault in faults):
        faults += [fault for fault in extra_files(home) if fault not in faults]
    if not faults:
        return
    write_text(path, "".join(f"{fault}\n" for fault in faults))
    shown = "\n".join(f"- {fault}" for fault in faults[:NAMED])
    more = f"\nand {len(faults) - NAMED} more" if len(faults) > NAMED else ""
    raise ValidationError(
        f"{home.processed}: {len(faults)} files are not as they were written:\n{shown}{more}\n"
        f"All are in {path}; restore them from a copy, or make the dataset again with "
        "`dxfvision generate`"
    )
