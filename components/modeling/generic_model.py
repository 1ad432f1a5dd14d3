"""Generic weights as a model that answers: it finds flat parts and calls each of them `part`."""

import tempfile
from pathlib import Path

from components.errors import ModelError
from components.home import Home
from components.modeling.generic_weights import GenericWeights, generic_folder, read_generic
from components.modeling.inference import Predictor
from components.modeling.model_files import write_model
from components.modeling.network import PartNetwork
from components.modeling.origin import Origin
from components.modeling.random_parts import LABEL
from components.modeling.trained import TrainedNetwork
from components.settings.train import TrainSettings


def open_generic(home: Home, settings: TrainSettings) -> Predictor:
    """Return the generic weights, exported to ONNX and ready to answer.

    Args:
        home: Its own weights go before those that ship.
        settings: Network and how its answers become detections.

    Raises:
        ModelError: If there are none, or they are damaged or of another network.
    """
    trained = generic_network(home, settings)
    with tempfile.TemporaryDirectory(prefix="dxfvision-generic-") as bundle:
        write_model(Path(bundle), trained, settings)
        return Predictor.load(Path(bundle))


def generic_network(home: Home, settings: TrainSettings) -> TrainedNetwork:
    """Return the generic weights as a trained network.

    Args:
        home: Its own weights go before those that ship.
        settings: Of the network.

    Raises:
        ModelError: If there are none, or they are damaged or of another network.
    """
    folder = generic_folder(home)
    if folder is None:
        raise ModelError(
            f"{home.generic}: there are no generic weights; train them with "
            "`dxfvision train --generic`"
        )
    return _trained(folder, read_generic(folder), settings)


def _trained(folder: Path, found: GenericWeights, settings: TrainSettings) -> TrainedNetwork:
    network = PartNetwork(settings.network, 1)
    try:
        network.load_state_dict(found.weights)
    except RuntimeError as error:
        raise ModelError(
            f"{folder}: the weights are of another network than train_config.yaml describes: "
            f"{str(error).splitlines()[0]}"
        ) from error
    last = found.card.stretches[-1].figures if found.card.stretches else {}
    # What they were trained on is in their own card.
    origin = Origin(dataset=found.card.weights_sha256, drawings=found.card.weights_sha256)
    return TrainedNetwork(
        network=network.eval(),
        labels=(LABEL,),
        offset_unit_px=settings.loss.offset_unit_px,
        figures=last,
        steps=found.card.steps,
        seconds=found.card.seconds,
        inputs=found.card.weights_sha256,
        origin=origin,
    )
