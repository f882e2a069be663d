"""State that the services of localcloud share: resources, images, clock and host."""

from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from localcloud.clock import Clock
from localcloud.host import Host
from localcloud.images.image_store import ImageStore
from localcloud.store import Store

MODEL_MONITOR = "model-monitor"
# Services that AWS has closed to new customers, and that localcloud can refuse in the same way.
CLOSABLE = (MODEL_MONITOR,)


@dataclass
class Cloud:
    """A running localcloud."""

    directory: Path
    host: Host
    clock: Clock = field(default_factory=Clock)
    closed: frozenset[str] = frozenset()
    store: Store = field(init=False)
    images: ImageStore = field(init=False)
    stopping: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self.store = Store(self.directory / "sagemaker.sqlite")
        self.images = ImageStore(self.directory / "images")
